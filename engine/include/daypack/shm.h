/* SPDX-License-Identifier: MIT */
/*
 * <daypack/shm.h> reads the books of a running engine from shared memory. This file is the contract. It compiles as C
 * (gnu99, C11 and later) and as C++, needs no other file of daypack, and no library to link.
 *
 *     daypack_reader reader;
 *     if (daypack_open(&reader, "default") != DAYPACK_OK) ...;
 *     int symbol = daypack_find(&reader, "BTC-USDC");
 *     daypack_top top;
 *     if (daypack_read_top(&reader, symbol, &top) == DAYPACK_OK && top.state == DAYPACK_STATE_LIVE) ...;
 *
 * Threads. A daypack_reader belongs to one thread; any number of readers, in any number of processes, read at once. A
 * reader never writes and never blocks the writer. A caller that waits for news polls, sleeps, or calls daypack_wait.
 *
 * What a state means. Only DAYPACK_STATE_LIVE is tradable. The reads here take into account whether the writer is
 * alive, so a caller never sees LIVE of an engine that died or stalled. A state or reason that you do not know is not
 * tradable either. A record of the ring carries the state as it was when it was written, which says nothing about now.
 *
 * Numbers. A price or quantity is mantissa × 10^exponent; the exponents stand beside the mantissas.
 * Clocks. venue_match_us and venue_send_us are the venue's times in µs since the Unix epoch; 0 says that the venue sent
 * none. A time in _ns is of this machine's wall clock, in ns since the Unix epoch; beat_ns alone is CLOCK_MONOTONIC.
 * A beat's age counts the time that the machine slept, which that clock does not: without it, books of before a suspend
 * would be LIVE until the engine's first beat after it. Where writer and reader have other clocks (another time
 * namespace, a restored checkpoint), a beat may lie in the reader's future; that is no fresh one either.
 *
 * Newer and older segments. A reader finds everything by what the header of the segment says: where it lies, how many
 * there are, and how far they are apart. So within one DAYPACK_LAYOUT_VERSION a newer engine may append a counter, a
 * histogram, a line, a word of a slot or of a record, a kind: a reader that was compiled before passes over what it
 * does not know, and one that asks for what an older segment has not is given 0. A segment of another version is
 * refused; daypack_explain says so in words.
 *
 * Invariants of the segment
 * 1. The segment consists of 64-bit words, written and read atomically. Only the process that holds the write lock
 *    writes.
 * 2. A slot's sequence is odd while the slot is written. A read between two equal even sequences is whole.
 * 3. The directory only grows; a slot never changes its symbol.
 * 4. A ring record is valid while `claimed` has not passed it by the ring's length.
 * 5. A mapped segment never shrinks. A segment that was replaced has the phase RETIRED; the reads here then open the
 *    new one by themselves. It lists the symbols of the old one in the same order and continues its ring positions.
 *
 * Order of the writer's stores. In a slot: sequence odd (relaxed), release fence, payload (relaxed), sequence even
 * (release). In the ring, after the slot is even: `claimed` (relaxed), release fence, payload (relaxed), `published`
 * (release). In the header: phase and epoch (relaxed), then slept_ns and the beat (release). Each load below names the
 * store that it pairs with.
 *
 * Whom a reader believes. Anybody may make a file of that name, so a reader takes only one of root, one of its own
 * effective user, and, where the file's group is one of its own, one of the user that it was told: by daypack_open_as,
 * or by DAYPACK_OWNER in the environment, a name or a number. In a user namespace every user and group without a number
 * there is shown as 65534: to take a file of one of these, name 65534, and with it all of them that share a group with
 * you. In such a namespace 65534 is never "its own user".
 *
 * A reader that is not open: all zeros, refused by daypack_open, or closed. The functions here may be called with it,
 * and find nothing: no symbol, no record, every count 0, and a writer that is dead. Reads do not open it; daypack_open
 * does.
 *
 * A hostile segment. A process that may write the file can put wrong numbers into it, but cannot make a reader touch
 * memory outside its mapping: offsets and counts are checked once against the file's size, and names are read with
 * their bound. They may hold any byte: who prints them escapes what is no text.
 *
 * A file that shrinks. No engine ever shrinks a segment, and none but its owner, whom the reader believes, can. Where
 * it happens all the same, the kernel sends the next read beyond the new end a SIGBUS. This header cannot turn that
 * into a result: a check before the read comes too early, seals are for memory without a name, and a signal handler is
 * the program's own to install. `daypack cat`, `stat`, `tail` and `top` have one, and end with an error in words. What
 * holds here: a file that is shorter than its header says is refused when it is opened.
 */
#ifndef DAYPACK_SHM_H
#define DAYPACK_SHM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pwd.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#ifndef CLOCK_MONOTONIC
#error "<daypack/shm.h> needs POSIX clocks: include it first, or compile with -D_GNU_SOURCE"
#endif
#ifndef F_OFD_GETLK
#define F_OFD_GETLK 36
#endif
#ifndef F_OFD_SETLK
#define F_OFD_SETLK 37
#endif
#ifndef O_NOFOLLOW
#define O_NOFOLLOW 0
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What stands before each function that is meant for you; those without it are parts of them. In the library
 * libdaypack-reader.so, which is this file compiled once, they are symbols that any language can call. */
#ifndef DAYPACK_API
#define DAYPACK_API static inline
#endif

#define DAYPACK_MAGIC 0x006b636170796164ull /* "daypack" */
#define DAYPACK_LAYOUT_VERSION 5u /* raised where a reader of today could not find, or would misread, what is there */
#define DAYPACK_NAME_BYTES 64     /* of a symbol, with its final zero */
#define DAYPACK_MAX_LINES 16      /* that the engine of this header has room for; a segment says its own number */
#define DAYPACK_HOST_BYTES 64
#define DAYPACK_VERSION_BYTES 32
#define DAYPACK_COMMIT_BYTES 64
#define DAYPACK_PATH_BYTES 128
#define DAYPACK_BEAT_STALE_NS 10000000ll        /* a beat older, or further ahead, tells of a stalled or dead writer */
#define DAYPACK_MAX_BEAT_STALE_NS 60000000000ll /* the most that a segment may allow its writer */
#define DAYPACK_SPIN_NS 5000ll                  /* for so long daypack_wait looks before it sleeps */
#define DAYPACK_WAKE_BYTES 4096                 /* of the file that it sleeps on */
#define DAYPACK_READ_TRIES 64                   /* after which a read returns DAYPACK_BUSY, never old data */
#define DAYPACK_NO_OWNER 0xffffffffu            /* no user: that of daypack_open_as where none is named */
#define DAYPACK_OVERFLOW_ID 65534u /* what a user namespace shows for every user and group it does not know */

/* For this file alone, and undefined at its end: returns the name of `number` in one of the lists below; an assertion,
 * which C99 has not, but it refuses an array of -1 elements. */
/* clang-format off */
#define DAYPACK_CASE(name, value) \
    case value: return #name;
#define DAYPACK_NAME_OF(list, number, otherwise) \
    switch (number) {                            \
        list(DAYPACK_CASE)                       \
        default: return otherwise;               \
    }
/* clang-format on */
#ifdef __cplusplus
#define DAYPACK_ASSERT(name, condition, text) static_assert(condition, text)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define DAYPACK_ASSERT(name, condition, text) _Static_assert(condition, text)
#else
#define DAYPACK_ASSERT(name, condition, text) typedef char daypack_assertion_##name[(condition) ? 1 : -1]
#endif

/* States, reasons and flags. The lists are closed. */
#define DAYPACK_STATES(X) X(DOWN, 0) X(SYNCING, 1) X(LIVE, 2) X(STALE, 3) X(POLLING, 4) X(INVALID, 5) X(HALTED, 6)
/* clang-format off */
#define DAYPACK_REASONS(X)                                                                                \
    X(none, 0) X(start, 1) X(gap, 2) X(restart, 3) X(audit, 4) X(depth, 5)                                \
    X(tick, 6) X(bad_frame, 7) X(queue, 8) X(overflow, 9) X(silent, 10) X(line_dead, 11)                  \
    X(writer_stalled, 12) X(ws_down, 13) X(rest_only, 14) X(crossed, 15) X(closed, 16) X(cancel_only, 17) \
    X(limit_only, 18) X(post_only, 19) X(not_open, 20) X(no_market, 21) X(writer_dead, 22) X(stopped, 23) \
    X(refused, 24)
/* clang-format on */

typedef enum daypack_state {
#define DAYPACK_X(name, value) DAYPACK_STATE_##name = value,
    DAYPACK_STATES(DAYPACK_X)
#undef DAYPACK_X
} daypack_state;

typedef enum daypack_reason {
#define DAYPACK_X(name, value) DAYPACK_REASON_##name = value,
    DAYPACK_REASONS(DAYPACK_X)
#undef DAYPACK_X
        DAYPACK_REASON_COUNT
} daypack_reason;

enum {
    DAYPACK_FLAG_UNCONFIRMED = 1, /* the book is a snapshot that no delta has followed yet */
    DAYPACK_FLAG_BEHIND = 2,      /* a later update is known and not applied yet */
    DAYPACK_FLAG_CROSSED = 4,     /* the best bid is at or above the best ask just now */
    DAYPACK_FLAG_PARTIAL = 8      /* fewer levels are known than are published */
};

DAYPACK_API const char* daypack_state_name(unsigned state){DAYPACK_NAME_OF(DAYPACK_STATES, state, "UNKNOWN")}

DAYPACK_API const char* daypack_reason_name(unsigned reason) {
    DAYPACK_NAME_OF(DAYPACK_REASONS, reason, "unknown")
}

/* Phases of a writer.
 * STARTING     it holds the segment and publishes no book yet
 * RUNNING      states are as published
 * CATCHING_UP  it paused and has not yet read all that came meanwhile
 * STOPPED      it ended cleanly
 * RETIRED      the segment was replaced by one of another layout, which the reads here open by themselves */
#define DAYPACK_PHASES(X) X(STARTING, 0) X(RUNNING, 1) X(CATCHING_UP, 2) X(STOPPED, 3) X(RETIRED, 4)

/* Kinds of a record. A reader passes over a kind that it does not know. Prices have the exponent of the price, and
 * quantities that of the quantity, but for the kinds from MARK_PRICE on, where each number has its own: see
 * daypack_record.exponents. first_id and last_id of these are 0, for they are no part of a book.
 * NONE           the writer died before it finished this record
 * DELTA          one level of an update: side, price, quantity (0 deletes it); the last record of an update has `last`
 * ADVANCE        an update without levels
 * TRADE          price, quantity, side of the aggressor; first_id is the trade's id, id_a the buyer's order, id_b the
 *                seller's
 * TOP            the best bid and offer changed: price and quantity are the bid's, price2 and quantity2 the ask's; a
 *                side of quantity 0 is empty
 * STATE          state, reason or flags of a symbol changed: see status. first_id is 0; or the update after which a
 *                writer that takes over goes on with the book as it was, without a break
 * SNAPSHOT       the book was replaced at last_id: read the slot again
 * MARK_PRICE     price is the mark price, price2 the index price, 0 where the venue sends none
 * FUNDING        price is the rate of the coming payment, as a part of the position's value (0.0001 is 0.01 %), which
 *                may be negative or 0; id_a is the time of that payment in µs since the Unix epoch
 * LIQUIDATION    price, quantity, and side of the order that closes the position
 * TICKER         of the last 24 hours: price is that of the last trade, price2 that of the first, quantity the volume
 *                in the base currency, quantity2 that in the quote currency, id_a the number of trades
 * OPEN_INTEREST  quantity is how much is open, in the base currency */
/* clang-format off */
#define DAYPACK_KINDS(X)                                                                    \
    X(NONE, 0) X(DELTA, 1) X(ADVANCE, 2) X(TRADE, 3) X(TOP, 4) X(STATE, 5) X(SNAPSHOT, 6)   \
    X(MARK_PRICE, 7) X(FUNDING, 8) X(LIQUIDATION, 9) X(TICKER, 10) X(OPEN_INTEREST, 11)
/* clang-format on */

typedef enum daypack_phase {
#define DAYPACK_X(name, value) DAYPACK_PHASE_##name = value,
    DAYPACK_PHASES(DAYPACK_X)
#undef DAYPACK_X
} daypack_phase;

typedef enum daypack_kind {
#define DAYPACK_X(name, value) DAYPACK_KIND_##name = value,
    DAYPACK_KINDS(DAYPACK_X)
#undef DAYPACK_X
} daypack_kind;

DAYPACK_API const char* daypack_phase_name(uint64_t phase){DAYPACK_NAME_OF(DAYPACK_PHASES, phase, "UNKNOWN")}

DAYPACK_API const char* daypack_kind_name(unsigned kind) {
    DAYPACK_NAME_OF(DAYPACK_KINDS, kind, "UNKNOWN")
}

/* How the engine's hot threads run, and why. The lists are closed.
 * pipeline     network threads hand events to a book thread through queues
 * fused        one thread decodes, applies and publishes
 * spin         a thread without work polls
 * backoff      a thread without work sleeps
 * asked        the configuration says so; the other reasons are the engine's own choice:
 * net_threads  several network threads are configured
 * own_cores    each thread can spin on a core of its own
 * few_cores    there is not a core for each of them and one left
 * sleep        the threads are to sleep when nothing comes */
#define DAYPACK_THREADS(X) X(pipeline, 1) X(fused, 2)
#define DAYPACK_IDLES(X) X(spin, 1) X(backoff, 2)
#define DAYPACK_THREADS_WHYS(X) X(asked, 1) X(net_threads, 2) X(own_cores, 3) X(few_cores, 4) X(sleep, 5)

typedef enum daypack_threads {
#define DAYPACK_X(name, value) DAYPACK_THREADS_##name = value,
    DAYPACK_THREADS(DAYPACK_X)
#undef DAYPACK_X
} daypack_threads;

typedef enum daypack_idle {
#define DAYPACK_X(name, value) DAYPACK_IDLE_##name = value,
    DAYPACK_IDLES(DAYPACK_X)
#undef DAYPACK_X
} daypack_idle;

typedef enum daypack_threads_why {
#define DAYPACK_X(name, value) DAYPACK_THREADS_WHY_##name = value,
    DAYPACK_THREADS_WHYS(DAYPACK_X)
#undef DAYPACK_X
} daypack_threads_why;

/* The three parts of `threads` in the header, as text; "unknown" where an engine set none. */
DAYPACK_API const char* daypack_threads_name(uint64_t threads){
    DAYPACK_NAME_OF(DAYPACK_THREADS, threads & 0xff, "unknown")} DAYPACK_API const
    char* daypack_idle_name(uint64_t threads){
        DAYPACK_NAME_OF(DAYPACK_IDLES, threads >> 8 & 0xff, "unknown")} DAYPACK_API const
    char* daypack_threads_why_name(uint64_t threads) {
    DAYPACK_NAME_OF(DAYPACK_THREADS_WHYS, threads >> 16 & 0xff, "unknown")
}

/* Counters. Each is written by one thread of the engine. A list grows at its end alone: a counter's number is a
 * promise, and a reader asks for it by that number. `daypack stat --json` prints all of them. The text of `stat`
 * has a line's from `connects` up to `last_receive_ns`, so a word's place decides whether it is shown there; of the
 * others a chosen few (tools/cli/stat.cpp). */
/* clang-format off */
#define DAYPACK_LINE_COUNTERS(X)                                                                       \
    X(connected) /* gauge: 1 while subscribed */                                                       \
    X(connects) X(failures) X(frames) X(bytes) X(updates) X(trades) X(tickers) X(errors) X(bad_frames) \
    X(unknown_frames) X(queue_waits) X(queue_dropped) X(pings) X(pongs) X(last_receive_ns)             \
    X(wins)    /* updates of which this line brought the first copy */                                 \
    X(leads)   /* copies of these updates that other lines brought later, */                           \
    X(lead_ns) /* and the sum of how much later they came */                                           \
    X(replaces)         /* connections replaced for what they sent or failed to send, */               \
    X(replaces_refused) /* and replacements not made, within 10 s of the last one */                   \
    X(figures)          /* frames of mark prices, tickers and liquidations */
#define DAYPACK_SYMBOL_COUNTERS(X)                                                                         \
    X(updates) X(levels) X(trades) X(tickers) X(duplicates) X(gaps) X(restarts) X(bad_frames) X(snapshots) \
    X(refetches) X(crossed) X(levels_dropped) X(buffer_dropped)                                            \
    X(resyncs) /* of every reason but start; and by reason: */                                             \
    X(resyncs_gap) X(resyncs_restart) X(resyncs_audit) X(resyncs_depth) X(resyncs_tick)                    \
    X(resyncs_bad_frame) X(resyncs_queue) X(resyncs_overflow) X(resyncs_silent) X(resyncs_crossed)         \
    X(last_receive_ns)                                                                                     \
    X(waits)      /* updates that waited for another line to bring the ones before them */                 \
    X(checks)     /* requests to REST about a book that was there, for silence or an audit */              \
    X(silences)   /* answers of REST with an update that no line had brought */                            \
    X(resubscribes)                                                                                        \
    X(audits)     /* audits that were finished, */                                                         \
    X(audit_levels) /* levels that they compared, and of these: */                                         \
    X(audit_ghosts) X(audit_missing) X(audit_wrong)                                                        \
    X(touch_checks) /* bookTickers at the book's own u, */                                                 \
    X(touch_mismatches) /* and of these, those with another best bid or offer */                           \
    X(trade_duplicates) X(polls)                                                                           \
    X(figures)      /* groups of figures that were published: mark price, open interest, ticker */         \
    X(liquidations)
#define DAYPACK_ENGINE_COUNTERS(X)                   \
    X(rest_requests)                                 \
    X(rest_ok)                                       \
    X(rest_refused) /* 4xx, except: */               \
    X(rest_limited) /* 429, and a firewall's 403 */  \
    X(rest_server)  /* 5xx */                        \
    X(rest_failed)  /* no readable answer */         \
    X(queue_high_water) X(queue_capacity) X(pauses) X(log_dropped)           \
    X(tsc_khz)       /* rate of the counter that the clock reads; 0: the kernel's clock is read */ \
    X(tsc_drift_ppb) /* difference of its rate from that of the first second, either way */ \
    X(tsc_error_ns)  /* largest error seen when it was compared with CLOCK_MONOTONIC */
/* clang-format on */

enum {
#define DAYPACK_X(name) DAYPACK_LINE_##name,
    DAYPACK_LINE_COUNTERS(DAYPACK_X)
#undef DAYPACK_X
        DAYPACK_LINE_COUNTER_COUNT
};
enum {
#define DAYPACK_X(name) DAYPACK_SYMBOL_##name,
    DAYPACK_SYMBOL_COUNTERS(DAYPACK_X)
#undef DAYPACK_X
        DAYPACK_SYMBOL_COUNTER_COUNT
};
enum {
#define DAYPACK_X(name) DAYPACK_ENGINE_##name,
    DAYPACK_ENGINE_COUNTERS(DAYPACK_X)
#undef DAYPACK_X
        DAYPACK_ENGINE_COUNTER_COUNT
};
DAYPACK_ASSERT(counters,
               DAYPACK_LINE_replaces_refused == 20 && DAYPACK_SYMBOL_polls == 37 && DAYPACK_ENGINE_tsc_error_ns == 12,
               "these were the last ones of layout 5.0: a new counter goes behind them, at the end of its list");

DAYPACK_API const char* daypack_line_counter_name(unsigned counter) {
    static const char* const names[] = {
#define DAYPACK_X(name) #name,
        DAYPACK_LINE_COUNTERS(DAYPACK_X)
#undef DAYPACK_X
    };
    return counter < DAYPACK_LINE_COUNTER_COUNT ? names[counter] : "unknown";
}
DAYPACK_API const char* daypack_symbol_counter_name(unsigned counter) {
    static const char* const names[] = {
#define DAYPACK_X(name) #name,
        DAYPACK_SYMBOL_COUNTERS(DAYPACK_X)
#undef DAYPACK_X
    };
    return counter < DAYPACK_SYMBOL_COUNTER_COUNT ? names[counter] : "unknown";
}
DAYPACK_API const char* daypack_engine_counter_name(unsigned counter) {
    static const char* const names[] = {
#define DAYPACK_X(name) #name,
        DAYPACK_ENGINE_COUNTERS(DAYPACK_X)
#undef DAYPACK_X
    };
    return counter < DAYPACK_ENGINE_COUNTER_COUNT ? names[counter] : "unknown";
}

/* ---- layout ---------------------------------------------------------------------------------------------------- */

/* The words up to reserved2 lie where they lay in layout 4, and will in every layout: by them an engine of one version
 * finds out whether a segment of another has a writer, and retires it. */
typedef struct daypack_header {
    uint64_t magic;
    uint64_t version; /* DAYPACK_LAYOUT_VERSION of the writer */
    uint64_t total_bytes;
    uint64_t directory_offset; /* of daypack_entry[max_symbols], entry_bytes apart */
    uint64_t slots_offset;     /* of slots, slot_bytes apart: slot_head_bytes of daypack_slot, depth bids, depth asks */
    uint64_t slot_bytes;
    uint64_t ring_offset; /* of daypack_record[ring_events], record_bytes apart */
    uint64_t ring_events; /* a power of two */

    uint64_t
        counters_offset; /* uint64_t [engine_counters], [max_lines][line_counters], [max_symbols][symbol_counters] */
    uint64_t histograms_offset; /* of uint64_t[histograms][histogram_buckets] */
    uint64_t lines_offset;      /* of daypack_line_entry[max_lines], line_entry_bytes apart */
    uint64_t depth;             /* levels a side in a slot */
    uint64_t max_symbols;
    uint64_t writer_pid;
    uint64_t writer_start_ns; /* wall clock */
    uint64_t lines;           /* number of daypack_line_entry in use */

    uint64_t beat_ns; /* CLOCK_MONOTONIC, stored by the book thread every ms */
    uint64_t epoch;   /* raised by each writer that takes the segment */
    uint64_t phase;
    uint64_t symbols; /* entries of the directory in use */
    uint64_t threads; /* how the hot threads run: daypack_threads | daypack_idle << 8 | daypack_threads_why << 16 */
    int64_t slept_ns; /* CLOCK_BOOTTIME - CLOCK_MONOTONIC of the writer: the beat by the clock that counts sleep is the
                         sum */
    uint64_t writer_start_ticks; /* when the process writer_pid started; 0: unknown. Ids are given again. */
    uint64_t writer_namespaces;  /* where these two mean something: see daypack_namespaces; 0: unknown */

    uint64_t claimed; /* ring: positions below this may be written over; stored before the payload */
    uint64_t reserved1[7];
    uint64_t published; /* ring: positions below this are there; stored after the payload */
    uint64_t reserved2[7];

    uint64_t header_bytes;    /* of this header: what lies behind them is not there */
    uint64_t slot_head_bytes; /* where the levels of a slot begin */
    uint64_t record_bytes;
    uint64_t entry_bytes;
    uint64_t line_entry_bytes;
    uint64_t max_lines;
    uint64_t engine_counters; /* how many counters there are: of the engine, of each line, of each symbol */
    uint64_t line_counters;

    uint64_t symbol_counters;
    uint64_t histograms;
    uint64_t histogram_buckets;
    uint64_t beat_stale_ns; /* a beat older, or further ahead, is late; 0 or too much: DAYPACK_BEAT_STALE_NS */
    uint64_t images_offset; /* of images of whole books, image_bytes apart, one a symbol */
    uint64_t image_bytes;   /* 0: there are no images */
    uint64_t image_levels;  /* that an image has room for, a side */
    uint64_t reserved3;

    /* What the kernel of the writer's machine says of its wall clock, looked up now and then, each word by itself.
     * Times of two machines can be compared to within the sum of their errors, where both are synchronised. */
    uint64_t clock_state;     /* one of DAYPACK_CLOCK_… */
    int64_t clock_offset_ns;  /* what the kernel has still to add to it, as its time service (NTP, PTP) told it last */
    uint64_t clock_error_ns;  /* the most by which it may be wrong, as that service reckons; grows while it is silent */
    int64_t clock_checked_ns; /* wall clock, of that look */
    uint64_t reserved4[4];

    char writer_host[DAYPACK_HOST_BYTES];       /* name of the writer's machine, as uname has it */
    char writer_version[DAYPACK_VERSION_BYTES]; /* 0.1.0; empty: not told */
    char writer_commit[DAYPACK_COMMIT_BYTES];   /* of the sources, with a + behind it where they were changed */

    uint64_t reserved5[44];
} daypack_header;

/* The states of the writer's clock. The list is closed.
 * UNKNOWN         the kernel was not asked, or would not say
 * UNSYNCHRONISED  no time service keeps it: it may be off by any amount, and clock_error_ns says nothing
 * SYNCHRONISED    one does, and clock_error_ns is its bound */
#define DAYPACK_CLOCKS(X) X(UNKNOWN, 0) X(UNSYNCHRONISED, 1) X(SYNCHRONISED, 2)

typedef enum daypack_clock {
#define DAYPACK_X(name, value) DAYPACK_CLOCK_##name = value,
    DAYPACK_CLOCKS(DAYPACK_X)
#undef DAYPACK_X
} daypack_clock;

DAYPACK_API const char* daypack_clock_name(uint64_t state) {
    DAYPACK_NAME_OF(DAYPACK_CLOCKS, state, "UNKNOWN")
}

typedef struct daypack_entry {
    char symbol[DAYPACK_NAME_BYTES]; /* normalised: BTC-USDC */
    char native[DAYPACK_NAME_BYTES]; /* the venue's: BTC_USDC */
} daypack_entry;

typedef struct daypack_line_entry {
    char host[DAYPACK_HOST_BYTES];
} daypack_line_entry;

typedef struct daypack_level {
    int64_t price;
    int64_t quantity;
} daypack_level;

typedef struct daypack_slot {
    uint64_t sequence;
    uint64_t u; /* the venue's id of the last update applied */
    int64_t bid_price;
    int64_t bid_quantity; /* 0: no bid */
    int64_t ask_price;
    int64_t ask_quantity; /* 0: no ask */
    int64_t publish_ns;
    uint64_t status; /* epoch (low 32 bits) | state << 32 | reason << 40 | flags << 48 */

    int64_t venue_match_us;
    int64_t venue_send_us;
    int64_t receive_ns;
    int64_t known_to_bid; /* no level below is known; 0: all are */
    int64_t known_to_ask; /* no level above is known; 0: all are */
    uint64_t exponents;   /* price (low byte, signed) | quantity << 8 */
    uint64_t counts;      /* bids (low 32 bits) | asks << 32, of levels below */
    uint64_t reserved1;

    /* What the venue says of the market beside its book: daypack_read_perp. A number is there where its bit of `perp`
     * is set, for 0 may be a number; times are 0 until there is one. */
    int64_t mark_price;
    int64_t index_price;
    int64_t funding_rate;    /* of the coming payment, as a part of the position's value; may be negative */
    int64_t next_funding_us; /* venue's clock: when it is paid */
    int64_t mark_venue_us;   /* of these four: when the venue sent them, */
    int64_t mark_receive_ns; /* and when they were received */
    uint64_t perp;           /* exponents, a signed byte each, from the low one on: of mark_price, index_price,
                                funding_rate, open_interest, last_price, volume, quote_volume; then DAYPACK_PERP_… bits */
    uint64_t reserved2;

    int64_t open_interest; /* in the base currency */
    int64_t open_interest_venue_us;
    int64_t open_interest_receive_ns;
    int64_t last_price;   /* of a trade, by the venue's ticker */
    int64_t volume;       /* of 24 hours, in the base currency, */
    int64_t quote_volume; /* and in the quote currency */
    int64_t ticker_venue_us;
    int64_t ticker_receive_ns;
} daypack_slot;

/* Which numbers of a slot are there, in the top byte of `perp`; bit and exponent byte have the same number. */
enum {
    DAYPACK_PERP_MARK = 1,
    DAYPACK_PERP_INDEX = 2,
    DAYPACK_PERP_FUNDING = 4, /* funding_rate, and next_funding_us where that is not 0 */
    DAYPACK_PERP_OPEN_INTEREST = 8,
    DAYPACK_PERP_LAST = 16,
    DAYPACK_PERP_VOLUME = 32,
    DAYPACK_PERP_QUOTE_VOLUME = 64
};

enum { DAYPACK_SIDE_BID = 0, DAYPACK_SIDE_ASK = 1 }; /* of a trade: of the aggressor, who bought or sold */

typedef struct daypack_record {
    uint64_t head;     /* kind | side << 8 (DAYPACK_SIDE_*) | last << 16 | line << 24 | symbol << 32 */
    uint64_t first_id; /* U, or the trade's id */
    uint64_t last_id;  /* u */
    int64_t price;
    int64_t quantity;
    int64_t price2;
    int64_t quantity2;
    int64_t venue_match_us;
    int64_t venue_send_us;
    int64_t kernel_receive_ns; /* 0: the configuration does not ask for it */
    int64_t receive_ns;
    int64_t publish_ns;
    uint64_t id_a;
    uint64_t id_b;
    uint64_t status;    /* as in daypack_slot */
    uint64_t exponents; /* as in daypack_slot; from MARK_PRICE on also of price2 << 16 and of quantity2 << 24 */
} daypack_record;

DAYPACK_ASSERT(
    layout, sizeof(daypack_header) == 1024 && sizeof(daypack_slot) == 256 && sizeof(daypack_record) == 128,
    "layout 5 has these sizes; what is added goes into reserved words, or behind the last word of slot and record");
DAYPACK_ASSERT(fixed_words,
               offsetof(daypack_header, writer_pid) == 104 && offsetof(daypack_header, epoch) == 136 &&
                   offsetof(daypack_header, phase) == 144 && offsetof(daypack_header, claimed) == 192 &&
                   offsetof(daypack_header, published) == 256 && offsetof(daypack_header, header_bytes) == 320,
               "words that lie in the same place in every layout");

/* Durations of the updates that were applied, each measured by this machine's clock alone.
 * FRAME_TO_SHM  from the complete, decrypted frame until readers could see slot and records; its parts, in turn:
 * DECODE        until the frame was decoded to events
 * QUEUE         until the book thread took the events; without a queue (threads: fused) nothing is counted
 * APPLY         until the update was applied to the book
 * PUBLISH       until readers could see slot and records
 * KERNEL        before all of that: from the kernel's receive time, where the configuration asks for it, to the frame
 * An update that had to wait for another one counts in FRAME_TO_SHM alone. The list grows at its end. */
#define DAYPACK_HISTOGRAMS(X) X(FRAME_TO_SHM, 0) X(DECODE, 1) X(QUEUE, 2) X(APPLY, 3) X(PUBLISH, 4) X(KERNEL, 5)

typedef enum daypack_histogram {
#define DAYPACK_X(name, value) DAYPACK_HISTOGRAM_##name = value,
    DAYPACK_HISTOGRAMS(DAYPACK_X)
#undef DAYPACK_X
        DAYPACK_HISTOGRAM_COUNT
} daypack_histogram;

/* Histograms are log-linear, in ns: 32 buckets an octave (3 %), exact below 32, up to 2^42 (73 minutes). A segment may
 * have more buckets, which go on from there; 1920 reach 2^64. */
enum { DAYPACK_HISTOGRAM_BUCKETS = 1216, DAYPACK_MAX_HISTOGRAM_BUCKETS = 1920 };

DAYPACK_API const char* daypack_histogram_name(unsigned histogram){
    DAYPACK_NAME_OF(DAYPACK_HISTOGRAMS, histogram, "UNKNOWN")}

DAYPACK_API unsigned daypack_histogram_bucket(uint64_t ns) {
    unsigned shift;
    if (ns < 32) return (unsigned)ns;
    if (ns >= (1ull << 42)) return DAYPACK_HISTOGRAM_BUCKETS - 1;
    shift = 58u - (unsigned)__builtin_clzll(ns); /* so that ns >> shift lies in 32..63 */
    return (shift + 1) * 32 + (unsigned)((ns >> shift) - 32);
}
/* The largest value that falls into the bucket. */
DAYPACK_API uint64_t daypack_histogram_value(unsigned bucket) {
    unsigned shift;
    if (bucket < 32) return bucket;
    shift = bucket / 32 - 1;
    return (((uint64_t)(bucket % 32) + 33) << shift) - 1;
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

typedef enum daypack_result {
    DAYPACK_OK = 0,
    DAYPACK_BUSY = -1,       /* the writer was faster DAYPACK_READ_TRIES times: try again */
    DAYPACK_NO_SEGMENT = -2, /* no engine of that instance has run on this machine */
    DAYPACK_NO_ACCESS = -3,  /* not readable by this user: see shm_mode and shm_group */
    DAYPACK_BAD_LAYOUT = -4, /* another layout version, or not a segment of daypack: daypack_explain says which */
    DAYPACK_NO_SYMBOL = -5,
    DAYPACK_EMPTY = -6,  /* no new record yet */
    DAYPACK_LOST = -7,   /* the ring lapped this reader: see daypack_read_record */
    DAYPACK_FOREIGN = -8 /* of another user than root, this one and the one that was named: see daypack_open_as */
} daypack_result;

DAYPACK_API const char* daypack_result_name(int result) {
    switch (result) {
        case DAYPACK_OK: return "ok";
        case DAYPACK_BUSY: return "busy: the writer was faster, try again";
        case DAYPACK_NO_SEGMENT: return "no such instance: is the engine running?";
        case DAYPACK_NO_ACCESS: return "not readable by this user: see shm_mode and shm_group in the configuration";
        case DAYPACK_BAD_LAYOUT:
            return "no segment of layout 5: of another version of daypack, which reader and engine are to share";
        case DAYPACK_NO_SYMBOL: return "no such symbol in this instance";
        case DAYPACK_EMPTY: return "nothing new";
        case DAYPACK_FOREIGN: return "it belongs to another user: name that one if you trust it (DAYPACK_OWNER)";
        case DAYPACK_LOST: return "records were written over before they were read";
        default: return "unknown result";
    }
}

typedef struct daypack_reader {
    const unsigned char* base;
    size_t bytes;
    int fd;
    char path[DAYPACK_PATH_BYTES];
    uint64_t device, inode;     /* of the file that is mapped */
    int64_t beat_stale_ns;      /* that of the segment; a test whose time is its own allows more */
    int64_t beat_stale_told_ns; /* the segment's own, by which a change of the other is told */
    /* the geometry, copied and checked against the file's size when it was opened: a hostile header that changes later
     * cannot lead a read outside the mapping */
    uint64_t directory_offset, slots_offset, slot_bytes, ring_offset, ring_events, counters_offset, histograms_offset,
        lines_offset, depth, max_symbols;
    uint64_t slot_head_bytes, record_bytes, entry_bytes, line_entry_bytes, max_lines, engine_counters, line_counters,
        symbol_counters, histograms, histogram_buckets, images_offset, image_bytes, image_levels;
    const uint32_t* wake;   /* where daypack_wait sleeps; NULL until it does, and where there is no such file */
    int64_t wake_tried_ns;  /* when it was looked for */
    int wake_works;         /* 1 since somebody wrote there */
    int64_t spin_ns;        /* DAYPACK_SPIN_NS; a reader that has a core of its own may spin for longer */
    uint64_t found_version; /* of the segment at `path` when it was opened last, also a refused one; 0: it is none */
    uint32_t owner;         /* whose files this reader takes besides those of root and of its own user */
    uint32_t file_owner, file_group; /* of the file at `path` when it was opened last, also where it was refused */
    uint64_t reserved[16];           /* the size of this structure is a promise to who links the library */
} daypack_reader;

/* State, reason and flags of a symbol, and the epoch of the writer that published them. */
typedef struct daypack_status {
    uint8_t state;
    uint8_t reason;
    uint16_t flags;
    uint32_t epoch;
} daypack_status;

/* These functions take apart the words that hold several numbers; daypack_slot and daypack_record say what lies where.
 * An unpacked status is the one that the writer published. Only daypack_judge says what it is worth now. */
DAYPACK_API daypack_status daypack_unpack_status(uint64_t word) {
    daypack_status status;
    status.epoch = (uint32_t)word;
    status.state = (uint8_t)(word >> 32);
    status.reason = (uint8_t)(word >> 40);
    status.flags = (uint16_t)(word >> 48);
    return status;
}
DAYPACK_API uint64_t daypack_pack_status(daypack_status status) {
    return (uint64_t)status.epoch | (uint64_t)status.state << 32 | (uint64_t)status.reason << 40 |
           (uint64_t)status.flags << 48;
}
DAYPACK_API int8_t daypack_price_exponent(uint64_t exponents) {
    return (int8_t)(uint8_t)exponents;
}
DAYPACK_API int8_t daypack_quantity_exponent(uint64_t exponents) {
    return (int8_t)(uint8_t)(exponents >> 8);
}
/* The exponent in byte `number` of daypack_slot.perp, or of daypack_record.exponents. REQUIRES: number < 8. */
DAYPACK_API int8_t daypack_exponent(uint64_t exponents, unsigned number) {
    return (int8_t)(uint8_t)(exponents >> (8 * number));
}
DAYPACK_API uint32_t daypack_bid_levels(uint64_t counts) {
    return (uint32_t)counts;
}
DAYPACK_API uint32_t daypack_ask_levels(uint64_t counts) {
    return (uint32_t)(counts >> 32);
}

typedef struct daypack_top {
    uint64_t u;
    int64_t bid_price, bid_quantity; /* quantity 0: no bid */
    int64_t ask_price, ask_quantity;
    int64_t publish_ns;
    uint8_t state, reason;
    uint16_t flags;
    uint32_t epoch;
    int8_t price_exponent, quantity_exponent;
} daypack_top;

typedef struct daypack_book {
    daypack_top top;
    int64_t venue_match_us, venue_send_us, receive_ns;
    int64_t known_to_bid, known_to_ask; /* 0: the whole side is known */
    uint32_t bids, asks;                /* levels copied */
} daypack_book;

/* What the venue says of a market beside its book. `known` has a DAYPACK_PERP_… bit for each number that is there; a
 * spot market has those of its ticker. A number is mantissa × 10^exponent. It is as old as its times say, whatever the
 * book's state is; that state, as the reads of the book give it, tells whether the engine lives. */
typedef struct daypack_perp {
    int64_t mark_price, index_price;
    int64_t funding_rate;    /* of the coming payment, as a part of the position's value: 0.0001 is 0.01 % */
    int64_t next_funding_us; /* 0: not told */
    int64_t mark_venue_us, mark_receive_ns;
    int64_t open_interest; /* in the base currency */
    int64_t open_interest_venue_us, open_interest_receive_ns;
    int64_t last_price;
    int64_t volume, quote_volume; /* of 24 hours, in the base and in the quote currency */
    int64_t ticker_venue_us, ticker_receive_ns;
    int8_t mark_exponent, index_exponent, funding_exponent, open_interest_exponent;
    int8_t last_exponent, volume_exponent, quote_volume_exponent;
    uint8_t known;
    uint8_t state, reason;
    uint16_t flags;
    uint32_t epoch;
} daypack_perp;

static inline uint64_t daypack_load(const void* word) {
    return __atomic_load_n((const uint64_t*)word, __ATOMIC_RELAXED);
}
static inline uint64_t daypack_load_acquire(const void* word) {
    return __atomic_load_n((const uint64_t*)word, __ATOMIC_ACQUIRE);
}
static inline void daypack_load_words(void* to, const void* from, size_t bytes) {
    size_t i;
    for (i = 0; i < bytes / 8; ++i) {
        const uint64_t word = daypack_load((const uint64_t*)from + i);
        memcpy((unsigned char*)to + 8 * i, &word, 8);
    }
}
static inline void daypack_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}
static inline int64_t daypack_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000ll + now.tv_nsec;
}
/* The clock that goes on while the machine sleeps. */
static inline int64_t daypack_boot_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000000ll + now.tv_nsec;
}
/* Returns by how much that clock is ahead of CLOCK_MONOTONIC: how long the machine has slept. It is never too much, and
 * too little by no more than this call took. */
static inline int64_t daypack_slept_ns(void) {
    int64_t boot_ns = daypack_boot_ns();
    return boot_ns - daypack_monotonic_ns();
}
static inline const daypack_header* daypack_head(const daypack_reader* reader) {
    return (const daypack_header*)(const void*)reader->base;
}
static inline int daypack_is_open(const daypack_reader* reader) {
    return reader->base != NULL;
}

/* Forgets the geometry, so that what asks for a count or a bound finds none. */
static inline void daypack_forget_geometry(daypack_reader* reader) {
    reader->depth = reader->max_symbols = reader->ring_events = reader->max_lines = 0;
    reader->engine_counters = reader->line_counters = reader->symbol_counters = 0;
    reader->histograms = reader->histogram_buckets = reader->image_bytes = reader->image_levels = 0;
}

/* Gives back file and mapping. A reader that is not open has none, and stays as it is; its `fd` is not looked at, for
 * in one that is all zeros it names the standard input. */
DAYPACK_API void daypack_close(daypack_reader* reader) {
    if (reader->base == NULL) return;
    munmap((void*)(uintptr_t)reader->base, reader->bytes);
    if (reader->fd >= 0) close(reader->fd);
    if (reader->wake != NULL) munmap((void*)(uintptr_t)reader->wake, DAYPACK_WAKE_BYTES);
    reader->wake = NULL;
    reader->base = NULL;
    reader->fd = -1;
    daypack_forget_geometry(reader);
}

/* Returns 1 where `count` items of `size` bytes at `offset` are aligned and lie inside the file. */
static inline int daypack_fits(uint64_t bytes, uint64_t offset, uint64_t count, uint64_t size) {
    if (offset % 8 != 0 || offset > bytes) return 0;
    return size == 0 || count <= (bytes - offset) / size;
}

/* Returns 1 where `value` is a multiple of 8 from `least` to `most`: what a size of the header has to be. */
static inline int daypack_is_size(uint64_t value, uint64_t least, uint64_t most) {
    return value % 8 == 0 && value >= least && value <= most;
}

/* Returns 1 where counters, histograms and lines lie inside the mapping. The bounds keep the products below from
 * running over, and what walks through all of them from taking for ever. */
static inline int daypack_tables_fit(const daypack_reader* reader) {
    const uint64_t most = 4096;
    if (reader->engine_counters > most || reader->line_counters > most || reader->symbol_counters > most) return 0;
    if (reader->max_lines > 256 || reader->histograms > 256) return 0;
    if (reader->histogram_buckets > DAYPACK_MAX_HISTOGRAM_BUCKETS) return 0;
    if (!daypack_is_size(reader->line_entry_bytes, sizeof(daypack_line_entry), 65536)) return 0;
    return daypack_fits(reader->bytes, reader->lines_offset, reader->max_lines, reader->line_entry_bytes) &&
           daypack_fits(reader->bytes, reader->histograms_offset, reader->histograms * reader->histogram_buckets,
                        sizeof(uint64_t)) &&
           daypack_fits(reader->bytes, reader->counters_offset,
                        reader->engine_counters + reader->max_lines * reader->line_counters +
                            reader->max_symbols * reader->symbol_counters,
                        sizeof(uint64_t));
}

/* Returns 1 where directory, slots and ring lie inside the mapping, and each of their items is as large as those that
 * this reader knows. */
static inline int daypack_books_fit(const daypack_reader* reader) {
    const uint64_t levels = 2 * reader->depth * sizeof(daypack_level);
    if (!daypack_is_size(reader->entry_bytes, sizeof(daypack_entry), 65536)) return 0;
    if (!daypack_is_size(reader->record_bytes, sizeof(daypack_record), 65536)) return 0;
    if (!daypack_is_size(reader->slot_head_bytes, sizeof(daypack_slot), 65536)) return 0;
    if (!daypack_is_size(reader->slot_bytes, reader->slot_head_bytes + levels, reader->bytes)) return 0;
    return daypack_fits(reader->bytes, reader->directory_offset, reader->max_symbols, reader->entry_bytes) &&
           daypack_fits(reader->bytes, reader->slots_offset, reader->max_symbols, reader->slot_bytes) &&
           daypack_fits(reader->bytes, reader->ring_offset, reader->ring_events, reader->record_bytes);
}

/* Copies the geometry from the header. */
static inline void daypack_copy_geometry(daypack_reader* reader) {
    const daypack_header* head = daypack_head(reader);
    reader->directory_offset = daypack_load(&head->directory_offset);
    reader->slots_offset = daypack_load(&head->slots_offset);
    reader->slot_bytes = daypack_load(&head->slot_bytes);
    reader->ring_offset = daypack_load(&head->ring_offset);
    reader->ring_events = daypack_load(&head->ring_events);
    reader->counters_offset = daypack_load(&head->counters_offset);
    reader->histograms_offset = daypack_load(&head->histograms_offset);
    reader->lines_offset = daypack_load(&head->lines_offset);
    reader->depth = daypack_load(&head->depth);
    reader->max_symbols = daypack_load(&head->max_symbols);
    reader->slot_head_bytes = daypack_load(&head->slot_head_bytes);
    reader->record_bytes = daypack_load(&head->record_bytes);
    reader->entry_bytes = daypack_load(&head->entry_bytes);
    reader->line_entry_bytes = daypack_load(&head->line_entry_bytes);
    reader->max_lines = daypack_load(&head->max_lines);
    reader->engine_counters = daypack_load(&head->engine_counters);
    reader->line_counters = daypack_load(&head->line_counters);
    reader->symbol_counters = daypack_load(&head->symbol_counters);
    reader->histograms = daypack_load(&head->histograms);
    reader->histogram_buckets = daypack_load(&head->histogram_buckets);
    reader->images_offset = daypack_load(&head->images_offset);
    reader->image_bytes = daypack_load(&head->image_bytes);
    reader->image_levels = daypack_load(&head->image_levels);
}

/* Takes the geometry from the header, and returns 1 where all of it lies inside the mapping. */
static inline int daypack_take_geometry(daypack_reader* reader) {
    const daypack_header* head = daypack_head(reader);
    uint64_t stale;
    reader->found_version = daypack_load(&head->version);
    if (reader->found_version != DAYPACK_LAYOUT_VERSION) return 0;
    daypack_copy_geometry(reader);
    if (daypack_load(&head->header_bytes) < sizeof(daypack_header)) return 0;
    if (reader->depth > 65536 || reader->max_symbols > 65536) return 0;
    if (reader->ring_events == 0 || (reader->ring_events & (reader->ring_events - 1)) != 0) return 0;
    stale = daypack_load(&head->beat_stale_ns);
    if (stale == 0 || stale > DAYPACK_MAX_BEAT_STALE_NS) stale = DAYPACK_BEAT_STALE_NS;
    reader->beat_stale_ns = reader->beat_stale_told_ns = (int64_t)stale;
    return daypack_books_fit(reader) && daypack_tables_fit(reader);
}

/* Returns 1 where `group` is the effective group of this process or one of its supplementary ones. */
static inline int daypack_is_member(uint32_t group) {
    int count = getgroups(0, NULL);
    gid_t* groups;
    int i, found = (uint32_t)getegid() == group;
    if (found || count <= 0) return found;
    groups = (gid_t*)malloc((size_t)count * sizeof *groups);
    if (groups == NULL) return 0;
    count = getgroups(count, groups);
    for (i = 0; i < count; ++i) found |= (uint32_t)groups[i] == group;
    free(groups);
    return found;
}

/* Returns 1 where an id tells one user from all others: 65534 does so only where every user has a number here. */
static inline int daypack_is_distinct(uint32_t user) {
    unsigned long first = 1, outside, count = 0;
    FILE* map;
    if (user != DAYPACK_OVERFLOW_ID) return 1;
    map = fopen("/proc/self/uid_map", "re");
    if (map == NULL) return 0;
    if (fscanf(map, "%lu %lu %lu", &first, &outside, &count) != 3) count = 0;
    fclose(map);
    return first == 0 && count == 0xfffffffful;
}

/* Returns 1 where this reader takes a file of that owner and group: see "Whom a reader believes" above. */
static inline int daypack_believes(const daypack_reader* reader) {
    const uint32_t self = (uint32_t)geteuid();
    if (reader->file_owner == 0) return 1;
    if (reader->file_owner == self && daypack_is_distinct(self)) return 1;
    return reader->owner != DAYPACK_NO_OWNER && reader->file_owner == reader->owner &&
           daypack_is_member(reader->file_group);
}

/* Closes a file that is not mapped, and returns why. */
static inline int daypack_refuse(daypack_reader* reader, int result) {
    close(reader->fd);
    reader->fd = -1;
    return result;
}

/* Opens and maps reader->path. REQUIRES: the reader holds no file and no mapping. */
static inline int daypack_map(daypack_reader* reader) {
    struct stat file;
    void* base;
    reader->fd = open(reader->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); /* a pipe must not block */
    if (reader->fd < 0) return errno == ENOENT || errno == ENOTDIR ? DAYPACK_NO_SEGMENT : DAYPACK_NO_ACCESS;
    if (fstat(reader->fd, &file) != 0 || !S_ISREG(file.st_mode)) return daypack_refuse(reader, DAYPACK_BAD_LAYOUT);
    reader->file_owner = (uint32_t)file.st_uid;
    reader->file_group = (uint32_t)file.st_gid;
    reader->found_version = 0;
    if (!daypack_believes(reader)) return daypack_refuse(reader, DAYPACK_FOREIGN);
    if (file.st_size < (off_t)sizeof(daypack_header)) return daypack_refuse(reader, DAYPACK_BAD_LAYOUT);
    reader->bytes = (size_t)file.st_size;
    reader->device = (uint64_t)file.st_dev;
    reader->inode = (uint64_t)file.st_ino;
    base = mmap(NULL, reader->bytes, PROT_READ, MAP_SHARED, reader->fd, 0);
    if (base == MAP_FAILED) return daypack_refuse(reader, DAYPACK_NO_ACCESS);
    reader->base = (const unsigned char*)base;
    /* acquire: pairs with the release of the magic, which the writer stores last */
    if (daypack_load_acquire(&daypack_head(reader)->magic) != DAYPACK_MAGIC || !daypack_take_geometry(reader)) {
        daypack_close(reader);
        return DAYPACK_BAD_LAYOUT;
    }
    return DAYPACK_OK;
}

/* Returns the id of a user of this machine by name or number, or DAYPACK_NO_OWNER. */
DAYPACK_API uint32_t daypack_user_id(const char* name) {
    char names[4096];
    struct passwd entry;
    struct passwd* found = NULL;
    char* end = NULL;
    unsigned long number;
    if (getpwnam_r(name, &entry, names, sizeof names, &found) == 0 && found != NULL) return (uint32_t)entry.pw_uid;
    if (name[0] < '0' || name[0] > '9') return DAYPACK_NO_OWNER;
    number = strtoul(name, &end, 10);
    return *end == '\0' && number < DAYPACK_NO_OWNER ? (uint32_t)number : DAYPACK_NO_OWNER;
}

/* Returns the user that DAYPACK_OWNER names, or DAYPACK_NO_OWNER where it is not set or names none. A program with the
 * rights of another user than the one who started it takes no hint from the environment. */
DAYPACK_API uint32_t daypack_environment_owner(void) {
    const char* name = getuid() == geteuid() && getgid() == getegid() ? getenv("DAYPACK_OWNER") : NULL;
    return name == NULL || name[0] == '\0' ? DAYPACK_NO_OWNER : daypack_user_id(name);
}

/* Opens the segment of an instance, read-only, also where it belongs to the user `owner` and its group is one of this
 * process. On any result but DAYPACK_OK the reader holds no file and no mapping; on DAYPACK_FOREIGN, file_owner and
 * file_group say whose it is. */
DAYPACK_API int daypack_open_as(daypack_reader* reader, const char* instance, uint32_t owner) {
    int length;
    memset(reader, 0, sizeof *reader);
    reader->fd = -1;
    reader->owner = owner;
    reader->spin_ns = DAYPACK_SPIN_NS;
    if (instance[0] == '\0' || strchr(instance, '/') != NULL) return DAYPACK_NO_SEGMENT;
    length = snprintf(reader->path, sizeof reader->path, "/dev/shm/daypack.%s", instance);
    if (length < 0 || (size_t)length >= sizeof reader->path) return DAYPACK_NO_SEGMENT;
    return daypack_map(reader);
}

/* Opens the segment of an instance, read-only; DAYPACK_OWNER of the environment is the owner of daypack_open_as. */
DAYPACK_API int daypack_open(daypack_reader* reader, const char* instance) {
    return daypack_open_as(reader, instance, daypack_environment_owner());
}

/* The same, for languages that cannot hold the structure: a reader on the heap, and in *result how the opening went.
 * NULL: there is no memory for it. Whatever the result, the reader goes back by daypack_free. */
DAYPACK_API daypack_reader* daypack_new(const char* instance, int* result) {
    daypack_reader* reader = (daypack_reader*)malloc(sizeof *reader);
    if (reader != NULL) *result = daypack_open(reader, instance);
    return reader;
}
DAYPACK_API void daypack_free(daypack_reader* reader) {
    if (reader != NULL) daypack_close(reader);
    free(reader);
}

/* Writes what a result of opening means and what to do about it, as one line with its final zero, into `text`; where
 * the segment is of another layout, with its version. Returns `text`. */
DAYPACK_API const char* daypack_explain(const daypack_reader* reader, int result, char* text, size_t bytes) {
    if (result != DAYPACK_BAD_LAYOUT) {
        snprintf(text, bytes, "%s", daypack_result_name(result));
    } else if (reader->found_version == 0) {
        snprintf(text, bytes, "%s is no segment of daypack, or an unfinished one: start the engine, which replaces it",
                 reader->path);
    } else if (reader->found_version == DAYPACK_LAYOUT_VERSION) {
        snprintf(text, bytes, "%s contradicts itself, and is not read: start the engine anew, which replaces it",
                 reader->path);
    } else {
        snprintf(text, bytes,
                 "%s has layout %llu, this reader reads layout %u: take both from the same release of daypack",
                 reader->path, (unsigned long long)reader->found_version, DAYPACK_LAYOUT_VERSION);
    }
    return text;
}

/* ---- the writer's life ------------------------------------------------------------------------------------------ */

/* Returns 1 while a process holds the writer's lock. This, as what follows, is a system call, so the reads ask only
 * when the beat is late. */
static inline int daypack_writer_holds_lock(const daypack_reader* reader) {
    struct flock lock;
    if (!daypack_is_open(reader)) return 0;
    memset(&lock, 0, sizeof lock);
    lock.l_type = F_RDLCK; /* conflicts with a write lock alone: another reader's lock is not the writer's */
    lock.l_whence = SEEK_SET;
    if (fcntl(reader->fd, F_OFD_GETLK, &lock) != 0) return 0;
    return lock.l_type != F_UNLCK;
}

/* Returns where process ids and start times mean the same: the inodes of this process's namespaces of both; 0: unknown,
 * since no /proc of its own is mounted. */
static inline uint64_t daypack_namespaces(void) {
    char own[24], self[24];
    struct stat pids, times;
    ssize_t length = readlink("/proc/self", self, sizeof self - 1);
    if (length <= 0) return 0;
    self[length] = '\0';
    snprintf(own, sizeof own, "%ld", (long)getpid());
    if (strcmp(own, self) != 0 || stat("/proc/self/ns/pid", &pids) != 0) return 0;
    if (stat("/proc/self/ns/time", &times) != 0) times.st_ino = 0; /* a kernel before 5.6 has one for all */
    return (uint64_t)(uint32_t)pids.st_ino | (uint64_t)times.st_ino << 32;
}

/* Reads when a process started, in clock ticks. Returns 1 where it runs, 0 where it has ended and its parent has not
 * taken note yet, -1 where that cannot be told. */
static inline int daypack_read_process(uint64_t pid, uint64_t* start_ticks) {
    char path[40], text[512];
    const char* rest;
    char state = '?';
    long threads = 0;
    unsigned long long start = 0;
    ssize_t length;
    int fd;
    snprintf(path, sizeof path, "/proc/%llu/stat", (unsigned long long)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0) return -1;
    text[length] = '\0';
    rest = strrchr(text, ')'); /* behind the name, which may hold anything */
    if (rest == NULL ||
        sscanf(rest, ") %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %ld %*s %llu", &state,
               &threads, &start) != 3) {
        return -1;
    }
    *start_ticks = start;
    /* of a process whose first thread alone has ended, the others still count */
    return (state == 'Z' || state == 'X') && threads <= 1 ? 0 : 1;
}

/* Returns 1 where that process is known to have ended; in doubt 0. */
static inline int daypack_has_ended(uint64_t pid, uint64_t start_ticks, uint64_t namespaces) {
    uint64_t start = 0;
    int runs;
    if (pid == 0 || pid > INT32_MAX || start_ticks == 0) return 0;
    if (namespaces == 0 || namespaces != daypack_namespaces()) return 0;
    if (kill((pid_t)pid, 0) != 0 && errno == ESRCH) return 1;
    runs = daypack_read_process(pid, &start);
    return runs == 0 || (runs > 0 && start != start_ticks);
}

/* Returns 1 while the writer lives. The lock alone does not tell: a process that it has forked keeps the lock after the
 * writer's death. Nor does the process alone, which a reader in another container cannot see. */
DAYPACK_API int daypack_writer_lives(const daypack_reader* reader) {
    const daypack_header* head = daypack_head(reader);
    if (!daypack_writer_holds_lock(reader)) return 0;
    return !daypack_has_ended(daypack_load(&head->writer_pid), daypack_load(&head->writer_start_ticks),
                              daypack_load(&head->writer_namespaces));
}

/* Does the same as daypack_beat_age_ns for a reader that is open; so do the others whose names end in _here. */
static inline int64_t daypack_beat_age_here(const daypack_reader* reader) {
    uint64_t now = (uint64_t)daypack_boot_ns();
    /* acquire: each pairs with its release in the writer. Phase and epoch loaded after them are at least as new; the
     * phase that tells of a sleep is stored before the sleep. */
    uint64_t beat = daypack_load_acquire(&daypack_head(reader)->beat_ns);
    uint64_t slept = daypack_load_acquire(&daypack_head(reader)->slept_ns);
    return (int64_t)(now - beat - slept);
}

/* Returns how long ago the writer's last beat was, sleep included; less than 0: it lies in this reader's future;
 * INT64_MAX: the reader is not open. The clock is read before the beat: a reader that is put to sleep between the two
 * then finds the beat too young rather than too old. */
DAYPACK_API int64_t daypack_beat_age_ns(const daypack_reader* reader) {
    return daypack_is_open(reader) ? daypack_beat_age_here(reader) : INT64_MAX;
}

static inline int daypack_beat_is_fresh_here(const daypack_reader* reader) {
    int64_t age = daypack_beat_age_here(reader);
    if (age < -reader->beat_stale_ns) age = daypack_beat_age_here(reader);
    return age >= -reader->beat_stale_ns && age <= reader->beat_stale_ns;
}

/* Returns 1 where the writer's last beat is no further from now than beat_stale_ns, either way. One that lies
 * in the future is looked at twice, since this reader may have been put to sleep; it is not put to sleep each time. */
DAYPACK_API int daypack_beat_is_fresh(const daypack_reader* reader) {
    return daypack_is_open(reader) && daypack_beat_is_fresh_here(reader);
}

static inline daypack_status daypack_judge_here(const daypack_reader* reader, uint64_t word) {
    const daypack_header* head = daypack_head(reader);
    int fresh = daypack_beat_is_fresh_here(reader);
    uint64_t phase = daypack_load(&head->phase);
    uint64_t epoch = daypack_load(&head->epoch);
    daypack_status status = daypack_unpack_status(word);
    if (phase == DAYPACK_PHASE_STOPPED || phase == DAYPACK_PHASE_RETIRED) {
        status.state = DAYPACK_STATE_DOWN;
        status.reason = DAYPACK_REASON_stopped;
    } else if (!fresh) {
        int lives = daypack_writer_lives(reader);
        if (lives && status.state == DAYPACK_STATE_DOWN)
            return status; /* a stalled writer does not make it less down */
        status.state = lives ? DAYPACK_STATE_STALE : DAYPACK_STATE_DOWN;
        status.reason = lives ? DAYPACK_REASON_writer_stalled : DAYPACK_REASON_writer_dead;
    } else if (status.epoch != (uint32_t)epoch ||
               (phase == DAYPACK_PHASE_STARTING && status.state != DAYPACK_STATE_DOWN)) {
        status.state = DAYPACK_STATE_SYNCING;
        status.reason = DAYPACK_REASON_start;
    } else if (phase != DAYPACK_PHASE_RUNNING && status.state == DAYPACK_STATE_LIVE) { /* catching up, or unknown */
        status.state = DAYPACK_STATE_STALE;
        status.reason = DAYPACK_REASON_writer_stalled;
    }
    return status;
}

/* Returns the status that a reader may rely on: that of a slot's status word, corrected where the writer is dead,
 * stalled, starting or catching up. Call it after the slot was read: a writer that takes over rewrites the slots before
 * it raises the epoch, so a slot of the old epoch is recognised here. For a reader that is not open all is
 * DOWN/writer_dead. */
DAYPACK_API daypack_status daypack_judge(const daypack_reader* reader, uint64_t word) {
    daypack_status status;
    if (daypack_is_open(reader)) return daypack_judge_here(reader, word);
    status = daypack_unpack_status(word);
    status.state = DAYPACK_STATE_DOWN;
    status.reason = DAYPACK_REASON_writer_dead;
    return status;
}

/* Maps the segment that the path leads to now, where the mapped one has no live writer and was replaced, and returns 1
 * then. Where that fails, the old one stays mapped. A reader that is not open is not opened by it. */
DAYPACK_API int daypack_follow(daypack_reader* reader) {
    daypack_reader next;
    struct stat file;
    if (!daypack_is_open(reader)) return 0;
    if (daypack_load(&daypack_head(reader)->phase) != DAYPACK_PHASE_RETIRED && daypack_beat_is_fresh_here(reader))
        return 0;
    if (stat(reader->path, &file) != 0) return 0;
    if ((uint64_t)file.st_dev == reader->device && (uint64_t)file.st_ino == reader->inode) return 0;
    memset(&next, 0, sizeof next);
    memcpy(next.path, reader->path, sizeof next.path);
    next.owner = reader->owner;
    next.spin_ns = reader->spin_ns;
    if (daypack_map(&next) != DAYPACK_OK) return 0;
    if (reader->beat_stale_ns != reader->beat_stale_told_ns) next.beat_stale_ns = reader->beat_stale_ns;
    daypack_close(reader);
    *reader = next;
    return 1;
}

/* ---- the directory ---------------------------------------------------------------------------------------------- */

DAYPACK_API uint32_t daypack_symbols(const daypack_reader* reader) {
    uint64_t symbols;
    if (!daypack_is_open(reader)) return 0;
    /* acquire: pairs with the release that follows the entry and the slot of a new symbol */
    symbols = daypack_load_acquire(&daypack_head(reader)->symbols);
    return (uint32_t)(symbols < reader->max_symbols ? symbols : reader->max_symbols);
}
/* Returns the names of a symbol where they lie in the segment, valid until the next read. Only an honest writer
 * terminates them, so print them with a bound. REQUIRES: symbol < daypack_symbols(reader). */
static inline const daypack_entry* daypack_entry_of(const daypack_reader* reader, uint32_t symbol) {
    return (const daypack_entry*)(const void*)(reader->base + reader->directory_offset + symbol * reader->entry_bytes);
}
/* Copies the names of a symbol, always terminated; of none that the segment has room for, nothing. */
DAYPACK_API void daypack_read_entry(const daypack_reader* reader, uint32_t symbol, daypack_entry* entry) {
    if (symbol >= reader->max_symbols) {
        memset(entry, 0, sizeof *entry);
        return;
    }
    daypack_load_words(entry, daypack_entry_of(reader, symbol), sizeof *entry);
    entry->symbol[DAYPACK_NAME_BYTES - 1] = '\0';
    entry->native[DAYPACK_NAME_BYTES - 1] = '\0';
}
/* Returns the index of the symbol with this normalised or native name, or DAYPACK_NO_SYMBOL. The index stays valid for
 * as long as the reader is open. */
DAYPACK_API int daypack_find(daypack_reader* reader, const char* name) {
    do {
        uint32_t symbols = daypack_symbols(reader);
        uint32_t i;
        for (i = 0; i < symbols; ++i) {
            daypack_entry entry;
            daypack_read_entry(reader, i, &entry);
            if (strcmp(entry.symbol, name) == 0 || strcmp(entry.native, name) == 0) return (int)i;
        }
    } while (daypack_follow(reader));
    return DAYPACK_NO_SYMBOL;
}

DAYPACK_API unsigned daypack_lines(const daypack_reader* reader) {
    uint64_t lines;
    if (!daypack_is_open(reader)) return 0;
    /* acquire: pairs with the release that follows the name of a new line */
    lines = daypack_load_acquire(&daypack_head(reader)->lines);
    return (unsigned)(lines < reader->max_lines ? lines : reader->max_lines);
}
/* Copies the host of a line, always terminated; of a line that the segment has no room for, nothing. */
DAYPACK_API void daypack_read_line(const daypack_reader* reader, unsigned line, daypack_line_entry* entry) {
    memset(entry, 0, sizeof *entry);
    if (line >= reader->max_lines) return;
    daypack_load_words(entry, reader->base + reader->lines_offset + line * reader->line_entry_bytes, sizeof *entry);
    entry->host[DAYPACK_HOST_BYTES - 1] = '\0';
}

/* ---- a book ----------------------------------------------------------------------------------------------------- */

/* REQUIRES: symbol < daypack_symbols(reader). */
static inline const daypack_slot* daypack_slot_of(const daypack_reader* reader, uint32_t symbol) {
    return (const daypack_slot*)(const void*)(reader->base + reader->slots_offset + symbol * reader->slot_bytes);
}

/* The levels of a slot, `depth` bids and then as many asks. */
static inline const daypack_level* daypack_levels_of(const daypack_reader* reader, const daypack_slot* slot) {
    return (const daypack_level*)(const void*)((const unsigned char*)slot + reader->slot_head_bytes);
}

/* The first cache line of a slot, from sequence to status: the best bid and offer is there but for its exponents. The
 * first two: all that is said of the book but its levels. */
enum {
    DAYPACK_TOP_BYTES = offsetof(daypack_slot, venue_match_us),
    DAYPACK_BOOK_BYTES = offsetof(daypack_slot, mark_price)
};

/* Fills `top` from a copy of a slot, of which it reads DAYPACK_TOP_BYTES and the exponents. */
static inline void daypack_fill_top(const daypack_reader* reader, const daypack_slot* copy, daypack_top* top) {
    daypack_status status = daypack_judge_here(reader, copy->status);
    top->u = copy->u;
    top->bid_price = copy->bid_price;
    top->bid_quantity = copy->bid_quantity;
    top->ask_price = copy->ask_price;
    top->ask_quantity = copy->ask_quantity;
    top->publish_ns = copy->publish_ns;
    top->state = status.state;
    top->reason = status.reason;
    top->flags = status.flags;
    top->epoch = status.epoch;
    top->price_exponent = daypack_price_exponent(copy->exponents);
    top->quantity_exponent = daypack_quantity_exponent(copy->exponents);
}

/* Fills `top` for a slot that was never at rest. Returns DAYPACK_BUSY where the writer lives. Where it died or stalled
 * in the middle of a write, returns DAYPACK_OK with that state and no numbers. */
static inline int daypack_give_up(const daypack_reader* reader, daypack_top* top) {
    daypack_slot blank;
    daypack_status live = {DAYPACK_STATE_LIVE, DAYPACK_REASON_none, 0, 0};
    live.epoch = (uint32_t)daypack_load(&daypack_head(reader)->epoch);
    memset(&blank, 0, sizeof blank);
    blank.status = daypack_pack_status(live);
    daypack_fill_top(reader, &blank, top);
    if (top->state == DAYPACK_STATE_DOWN) return DAYPACK_OK;
    if (top->state == DAYPACK_STATE_STALE && daypack_load(&daypack_head(reader)->phase) != DAYPACK_PHASE_CATCHING_UP) {
        return DAYPACK_OK;
    }
    return DAYPACK_BUSY;
}

/* Returns 1 where a slot was written after it had this sequence. Asked once the writer is judged: a reader may be held
 * up before that for so long that the writer paused and caught up meanwhile, and what it judges is of before. */
static inline int daypack_is_outdated(const daypack_slot* slot, uint64_t sequence) {
    __atomic_thread_fence(__ATOMIC_ACQUIRE); /* behind what was judged */
    return daypack_load(&slot->sequence) != sequence;
}

/* Does the same as daypack_read_top in the segment that is mapped. */
static inline int daypack_read_top_here(const daypack_reader* reader, int symbol, daypack_top* top) {
    int attempt;
    if (symbol < 0 || (uint32_t)symbol >= daypack_symbols(reader)) return DAYPACK_NO_SYMBOL;
    for (attempt = 0; attempt < DAYPACK_READ_TRIES; ++attempt, daypack_pause()) {
        const daypack_slot* slot = daypack_slot_of(reader, (uint32_t)symbol);
        daypack_slot copy;
        uint64_t sequence = daypack_load_acquire(&slot->sequence); /* pairs with the release that ended the write */
        if (sequence & 1) continue;
        daypack_load_words(&copy, slot, DAYPACK_TOP_BYTES);
        copy.exponents = daypack_load(&slot->exponents);
        __atomic_thread_fence(__ATOMIC_ACQUIRE); /* pairs with the release fence that began the next write */
        if (daypack_load(&slot->sequence) != sequence) continue;
        daypack_fill_top(reader, &copy, top);
        if (daypack_is_outdated(slot, sequence)) continue;
        return DAYPACK_OK;
    }
    return daypack_give_up(reader, top);
}

/* Reads the best bid and offer of a symbol. Returns DAYPACK_OK, DAYPACK_BUSY or DAYPACK_NO_SYMBOL. */
DAYPACK_API int daypack_read_top(daypack_reader* reader, int symbol, daypack_top* top) {
    int result = daypack_read_top_here(reader, symbol, top);
    if (result == DAYPACK_BUSY || (result == DAYPACK_OK && top->state != DAYPACK_STATE_DOWN)) return result;
    return daypack_follow(reader) ? daypack_read_top_here(reader, symbol, top) : result;
}

/* Does the same as daypack_read_book in the segment that is mapped. */
static inline int daypack_read_book_here(const daypack_reader* reader, int symbol, daypack_book* book,
                                         daypack_level* bids, uint32_t max_bids, daypack_level* asks,
                                         uint32_t max_asks) {
    int attempt;
    memset(book, 0, sizeof *book);
    if (symbol < 0 || (uint32_t)symbol >= daypack_symbols(reader)) return DAYPACK_NO_SYMBOL;
    if (max_bids > reader->depth) max_bids = (uint32_t)reader->depth;
    if (max_asks > reader->depth) max_asks = (uint32_t)reader->depth;
    for (attempt = 0; attempt < DAYPACK_READ_TRIES; ++attempt, daypack_pause()) {
        const daypack_slot* slot = daypack_slot_of(reader, (uint32_t)symbol);
        const daypack_level* levels = daypack_levels_of(reader, slot);
        daypack_slot copy;
        uint32_t bid_levels, ask_levels;
        uint64_t sequence = daypack_load_acquire(&slot->sequence); /* pairs with the release that ended the write */
        if (sequence & 1) continue;
        daypack_load_words(&copy, slot, DAYPACK_BOOK_BYTES);
        bid_levels = daypack_bid_levels(copy.counts); /* bounded below: the count may be torn or hostile */
        ask_levels = daypack_ask_levels(copy.counts);
        if (bid_levels > max_bids) bid_levels = max_bids;
        if (ask_levels > max_asks) ask_levels = max_asks;
        daypack_load_words(bids, levels, bid_levels * sizeof *bids);
        daypack_load_words(asks, levels + reader->depth, ask_levels * sizeof *asks);
        __atomic_thread_fence(__ATOMIC_ACQUIRE); /* pairs with the release fence that began the next write */
        if (daypack_load(&slot->sequence) != sequence) continue;
        daypack_fill_top(reader, &copy, &book->top);
        if (daypack_is_outdated(slot, sequence)) continue;
        book->venue_match_us = copy.venue_match_us;
        book->venue_send_us = copy.venue_send_us;
        book->receive_ns = copy.receive_ns;
        book->known_to_bid = copy.known_to_bid;
        book->known_to_ask = copy.known_to_ask;
        book->bids = bid_levels;
        book->asks = ask_levels;
        return DAYPACK_OK;
    }
    return daypack_give_up(reader, &book->top);
}

/* Reads the book of a symbol, best levels first, up to max_bids and max_asks of them. Returns as daypack_read_top. */
DAYPACK_API int daypack_read_book(daypack_reader* reader, int symbol, daypack_book* book, daypack_level* bids,
                                  uint32_t max_bids, daypack_level* asks, uint32_t max_asks) {
    int result = daypack_read_book_here(reader, symbol, book, bids, max_bids, asks, max_asks);
    if (result == DAYPACK_BUSY || (result == DAYPACK_OK && book->top.state != DAYPACK_STATE_DOWN)) return result;
    if (!daypack_follow(reader)) return result;
    return daypack_read_book_here(reader, symbol, book, bids, max_bids, asks, max_asks);
}

/* Fills `perp` from a copy of a slot. */
static inline void daypack_fill_perp(const daypack_reader* reader, const daypack_slot* copy, daypack_perp* perp) {
    daypack_status status = daypack_judge_here(reader, copy->status);
    perp->mark_price = copy->mark_price;
    perp->index_price = copy->index_price;
    perp->funding_rate = copy->funding_rate;
    perp->next_funding_us = copy->next_funding_us;
    perp->mark_venue_us = copy->mark_venue_us;
    perp->mark_receive_ns = copy->mark_receive_ns;
    perp->open_interest = copy->open_interest;
    perp->open_interest_venue_us = copy->open_interest_venue_us;
    perp->open_interest_receive_ns = copy->open_interest_receive_ns;
    perp->last_price = copy->last_price;
    perp->volume = copy->volume;
    perp->quote_volume = copy->quote_volume;
    perp->ticker_venue_us = copy->ticker_venue_us;
    perp->ticker_receive_ns = copy->ticker_receive_ns;
    perp->mark_exponent = daypack_exponent(copy->perp, 0);
    perp->index_exponent = daypack_exponent(copy->perp, 1);
    perp->funding_exponent = daypack_exponent(copy->perp, 2);
    perp->open_interest_exponent = daypack_exponent(copy->perp, 3);
    perp->last_exponent = daypack_exponent(copy->perp, 4);
    perp->volume_exponent = daypack_exponent(copy->perp, 5);
    perp->quote_volume_exponent = daypack_exponent(copy->perp, 6);
    perp->known = (uint8_t)(copy->perp >> 56);
    perp->state = status.state;
    perp->reason = status.reason;
    perp->flags = status.flags;
    perp->epoch = status.epoch;
}

/* Does the same as daypack_read_perp in the segment that is mapped. */
static inline int daypack_read_perp_here(const daypack_reader* reader, int symbol, daypack_perp* perp) {
    int attempt, result;
    daypack_top none;
    memset(perp, 0, sizeof *perp);
    if (symbol < 0 || (uint32_t)symbol >= daypack_symbols(reader)) return DAYPACK_NO_SYMBOL;
    for (attempt = 0; attempt < DAYPACK_READ_TRIES; ++attempt, daypack_pause()) {
        const daypack_slot* slot = daypack_slot_of(reader, (uint32_t)symbol);
        daypack_slot copy;
        uint64_t sequence = daypack_load_acquire(&slot->sequence); /* pairs with the release that ended the write */
        if (sequence & 1) continue;
        daypack_load_words(&copy, slot, sizeof copy);
        __atomic_thread_fence(__ATOMIC_ACQUIRE); /* pairs with the release fence that began the next write */
        if (daypack_load(&slot->sequence) != sequence) continue;
        daypack_fill_perp(reader, &copy, perp);
        if (daypack_is_outdated(slot, sequence)) continue;
        return DAYPACK_OK;
    }
    result = daypack_give_up(reader, &none);
    perp->state = none.state;
    perp->reason = none.reason;
    perp->flags = none.flags;
    perp->epoch = none.epoch;
    return result;
}

/* Reads mark and index price, funding, open interest and ticker of a symbol; look at `known` before you use a number.
 * Returns as daypack_read_top. */
DAYPACK_API int daypack_read_perp(daypack_reader* reader, int symbol, daypack_perp* perp) {
    int result = daypack_read_perp_here(reader, symbol, perp);
    if (result == DAYPACK_BUSY || (result == DAYPACK_OK && perp->state != DAYPACK_STATE_DOWN)) return result;
    return daypack_follow(reader) ? daypack_read_perp_here(reader, symbol, perp) : result;
}

/* ---- the ring --------------------------------------------------------------------------------------------------- */

/* Returns the position where the ring ends now: records from there on are new; 0: the reader is not open. */
DAYPACK_API uint64_t daypack_cursor(const daypack_reader* reader) {
    if (!daypack_is_open(reader)) return 0;
    return daypack_load_acquire(&daypack_head(reader)->published); /* pairs with the release after slot and payload */
}

/*
 * Reads the record at *cursor.
 * DAYPACK_OK     *record is that record, and *cursor stands at the next one
 * DAYPACK_EMPTY  there is no new record, or the reader is not open
 * DAYPACK_LOST   the ring lapped this reader: *lost records were written over unread, *record must not be used, and
 *                *cursor stands at the oldest record that is left. The ring is one for all symbols, so no book that was
 *                built from records is right any more: drop them, read each slot again (daypack_read_book), and go on
 *                with that symbol's records whose last_id is beyond its u
 * A record of kind NONE was lost with a writer that died.
 * To join a book, note the cursor, read the book, then take the deltas whose last_id is beyond the book's u. An update
 * counts only when its record with `last` was read.
 */
DAYPACK_API int daypack_read_record(daypack_reader* reader, uint64_t* cursor, daypack_record* record, uint64_t* lost) {
    const daypack_header* head = daypack_head(reader);
    uint64_t published;
    int64_t behind;
    *lost = 0;
    if (!daypack_is_open(reader)) return DAYPACK_EMPTY;
    published = daypack_load_acquire(&head->published); /* pairs with the release after the payload */
    if (*cursor >= published) {
        /* the cursor is beyond it where the file was removed by hand: the ring of the new one starts at 0 */
        *cursor = published;
        daypack_follow(reader);
        return DAYPACK_EMPTY;
    }
    daypack_load_words(
        record, reader->base + reader->ring_offset + (*cursor & (reader->ring_events - 1)) * reader->record_bytes,
        sizeof *record);
    __atomic_thread_fence(__ATOMIC_ACQUIRE); /* pairs with the release fence behind the store of `claimed` */
    behind = (int64_t)(daypack_load(&head->claimed) - *cursor);
    if (behind > (int64_t)reader->ring_events) {
        *lost = (uint64_t)behind - reader->ring_events;
        *cursor += *lost;
        return DAYPACK_LOST;
    }
    ++*cursor;
    return DAYPACK_OK;
}

/* The parts of daypack_record.head. */
DAYPACK_API unsigned daypack_record_kind(const daypack_record* record) {
    return record->head & 0xff;
}
DAYPACK_API unsigned daypack_record_side(const daypack_record* record) {
    return record->head >> 8 & 0xff;
}
DAYPACK_API unsigned daypack_record_last(const daypack_record* record) {
    return record->head >> 16 & 1;
}
DAYPACK_API unsigned daypack_record_line(const daypack_record* record) {
    return record->head >> 24 & 0xff;
}
DAYPACK_API uint32_t daypack_record_symbol(const daypack_record* record) {
    return (uint32_t)(record->head >> 32);
}
/* Returns state, reason and flags of the symbol as they were when the record was written. */
DAYPACK_API daypack_status daypack_record_status(const daypack_record* record) {
    return daypack_unpack_status(record->status);
}

/* ---- waiting ---------------------------------------------------------------------------------------------------- */

/* No hot thread of the engine ever wakes a reader. Its control thread does: it looks, every 100 µs while readers wait,
 * whether the ring went on, and then touches a word in a file of its own, /dev/shm/daypack.<instance>.wake, on which
 * readers sleep. That file may be missing or lost: then waiting is sleeping for a while and looking again. */

/* Returns 1 where the ring has something else at `cursor` than its end. */
static inline int daypack_has_news(const daypack_reader* reader, uint64_t cursor) {
    return daypack_cursor(reader) != cursor;
}

/* Maps the file on which readers sleep, where it is there and of somebody whom this reader believes. A read lock on it
 * tells the engine that somebody may wait; it is held for as long as the mapping is. */
static inline void daypack_open_wake(daypack_reader* reader) {
    char path[DAYPACK_PATH_BYTES + 8];
    daypack_reader of_file = *reader;
    struct flock lock;
    struct stat file;
    void* base;
    int fd;
    reader->wake_tried_ns = daypack_monotonic_ns();
    reader->wake_works = 0;
    snprintf(path, sizeof path, "%s.wake", reader->path);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return;
    if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && file.st_size >= (off_t)DAYPACK_WAKE_BYTES) {
        of_file.file_owner = (uint32_t)file.st_uid;
        of_file.file_group = (uint32_t)file.st_gid;
        memset(&lock, 0, sizeof lock);
        lock.l_type = F_RDLCK;
        lock.l_whence = SEEK_SET;
        if (daypack_believes(&of_file) && fcntl(fd, F_OFD_SETLK, &lock) == 0) {
            base = mmap(NULL, DAYPACK_WAKE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
            if (base != MAP_FAILED) reader->wake = (const uint32_t*)base;
        }
    }
    close(fd);
}

static inline void daypack_close_wake(daypack_reader* reader) {
    if (reader->wake != NULL) munmap((void*)(uintptr_t)reader->wake, DAYPACK_WAKE_BYTES);
    reader->wake = NULL;
}

#if defined(__x86_64__)
enum { DAYPACK_SPIN_PAUSE = 1, DAYPACK_SPIN_UMWAIT = 2, DAYPACK_SPIN_MWAITX = 3 };

/* How this processor waits best for a word to change: by UMWAIT (Intel), MWAITX (AMD), or by looking. */
static inline int daypack_spin_kind(void) {
    static int known = 0;
    int kind = __atomic_load_n(&known, __ATOMIC_RELAXED);
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (kind != 0) return kind;
    kind = DAYPACK_SPIN_PAUSE;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) && (c >> 5 & 1) != 0) {
        kind = DAYPACK_SPIN_UMWAIT;
    } else if (__get_cpuid(0x80000001u, &a, &b, &c, &d) && (c >> 29 & 1) != 0) {
        kind = DAYPACK_SPIN_MWAITX;
    }
    __atomic_store_n(&known, kind, __ATOMIC_RELAXED); /* each thread finds the same */
    return kind;
}

/* Waits until the word's cache line was written, or for some µs. The instructions are spelt in bytes, since a compiler
 * knows their names only where it is told that every processor has them. */
static inline void daypack_spin_once(const daypack_reader* reader, uint64_t cursor) {
    const uint32_t ticks = 8192;
    const void* word = &daypack_head(reader)->published;
    uint64_t end;
    switch (daypack_spin_kind()) {
        case DAYPACK_SPIN_UMWAIT: /* UMONITOR rax; UMWAIT ecx until edx:eax, in the lighter sleep */
            __asm__ volatile(".byte 0xf3, 0x0f, 0xae, 0xf0" : : "a"(word) : "memory");
            if (daypack_has_news(reader, cursor)) return;
            end = __builtin_ia32_rdtsc() + ticks;
            __asm__ volatile(".byte 0xf2, 0x0f, 0xae, 0xf1"
                             :
                             : "a"((uint32_t)end), "d"((uint32_t)(end >> 32)), "c"(1u)
                             : "memory", "cc");
            return;
        case DAYPACK_SPIN_MWAITX: /* MONITORX rax, ecx, edx; MWAITX eax, ecx, for ebx ticks at most, in the lightest */
            __asm__ volatile(".byte 0x0f, 0x01, 0xfa" : : "a"(word), "c"(0u), "d"(0u) : "memory");
            if (daypack_has_news(reader, cursor)) return;
            __asm__ volatile(".byte 0x0f, 0x01, 0xfb" : : "a"(0xf0u), "b"(ticks), "c"(2u) : "memory");
            return;
        default: daypack_pause();
    }
}
#else
static inline void daypack_spin_once(const daypack_reader* reader, uint64_t cursor) {
    (void)reader, (void)cursor;
    daypack_pause();
}
#endif

/* Looks for news until `end_ns`. Returns 1 where there are some. */
static inline int daypack_spin(const daypack_reader* reader, uint64_t cursor, int64_t end_ns) {
    int i;
    do {
        for (i = 0; i < 16; ++i) {
            if (daypack_has_news(reader, cursor)) return 1;
            daypack_spin_once(reader, cursor);
        }
    } while (daypack_monotonic_ns() < end_ns);
    return daypack_has_news(reader, cursor);
}

/* Sleeps for `ns` at most; on the wake file until its word is another than `word`. */
static inline void daypack_sleep(const daypack_reader* reader, uint32_t word, int64_t ns) {
    struct {
        long seconds, nanoseconds; /* as the kernel has them, whatever time_t is */
    } most;
    struct timespec time;
    if (reader->wake == NULL) {
        time.tv_sec = (time_t)(ns / 1000000000);
        time.tv_nsec = (long)(ns % 1000000000);
        nanosleep(&time, NULL);
        return;
    }
    most.seconds = (long)(ns / 1000000000);
    most.nanoseconds = (long)(ns % 1000000000);
    syscall(SYS_futex, reader->wake, FUTEX_WAIT, word, &most, NULL, 0);
}

/* Sleeps once in a wait of which `slept_ns` are over, and takes note of whether the wake file is of any use. */
static inline void daypack_sleep_for_news(daypack_reader* reader, uint64_t cursor, int64_t slept_ns, int64_t most_ns) {
    int64_t ns = slept_ns < 100000 ? 100000 : slept_ns > 1000000 ? 1000000 : slept_ns;
    uint32_t word = 0;
    if (reader->wake == NULL && daypack_monotonic_ns() - reader->wake_tried_ns > 1000000000ll)
        daypack_open_wake(reader);
    if (reader->wake != NULL) {
        ns = reader->wake_works ? 10000000 : 2000000; /* so long, and no longer, is news late where nobody wakes */
        word = __atomic_load_n(reader->wake, __ATOMIC_ACQUIRE);
        if (daypack_has_news(reader, cursor)) return;
    }
    daypack_sleep(reader, word, ns < most_ns ? ns : most_ns);
    if (reader->wake == NULL) return;
    if (__atomic_load_n(reader->wake, __ATOMIC_RELAXED) != word) {
        reader->wake_works = 1;
    } else if (ns <= most_ns && daypack_has_news(reader, cursor)) {
        daypack_close_wake(reader); /* nobody writes there any more: the next engine has made another file */
        reader->wake_tried_ns = 0;
    }
}

/*
 * Waits until there is a record at `cursor`, for timeout_ms at most; less than 0: for as long as the engine lives.
 * DAYPACK_OK     there is one: daypack_read_record
 * DAYPACK_EMPTY  the time is over; or the writer's beat has just become late: read a book to see what its state is; or
 *                the reader is not open, and then at once
 * It spins for spin_ns, then sleeps. The engine wakes it some 100 µs after a record was written; where it does not, it
 * looks again by itself after 10 ms at most.
 */
DAYPACK_API int daypack_wait(daypack_reader* reader, uint64_t cursor, int timeout_ms) {
    const int64_t begin = daypack_monotonic_ns();
    const int64_t end = timeout_ms < 0 ? INT64_MAX : begin + timeout_ms * 1000000ll;
    const int was_fresh = daypack_beat_is_fresh(reader);
    int64_t now = begin;
    if (!daypack_is_open(reader)) return DAYPACK_EMPTY;
    if (daypack_spin(reader, cursor, end - begin < reader->spin_ns ? end : begin + reader->spin_ns)) return DAYPACK_OK;
    for (;;) {
        daypack_follow(reader);
        if (daypack_has_news(reader, cursor)) return DAYPACK_OK;
        now = daypack_monotonic_ns();
        if (now >= end || (was_fresh && !daypack_beat_is_fresh(reader))) return DAYPACK_EMPTY;
        daypack_sleep_for_news(reader, cursor, now - begin, end - now);
    }
}

/* Returns 1 where the slot of a symbol was written since the last call with the same `seen`, which begins as 0. It
 * reads one word; that the writer died, it does not tell: daypack_read_top does. REQUIRES: symbol <
 * daypack_symbols(reader), or a reader that is not open. */
DAYPACK_API int daypack_changed(daypack_reader* reader, uint32_t symbol, uint64_t* seen) {
    int attempt;
    if (symbol >= reader->max_symbols) return 0;
    for (attempt = 0; attempt < 2; ++attempt) {
        /* acquire: who reads the slot after this sees at least that write; one that is under way does not count yet */
        uint64_t sequence = daypack_load_acquire(&daypack_slot_of(reader, symbol)->sequence) & ~1ull;
        uint64_t now = sequence + (daypack_load(&daypack_head(reader)->epoch) << 48);
        if (now != *seen) {
            *seen = now;
            return 1;
        }
        if (!daypack_follow(reader) || symbol >= daypack_symbols(reader)) return 0;
    }
    return 0;
}

/* ---- counters --------------------------------------------------------------------------------------------------- */

/* Counters and histograms. One that the segment has not, since an older engine wrote it, is 0. */
DAYPACK_API uint64_t daypack_engine_counter(const daypack_reader* reader, unsigned counter) {
    if (counter >= reader->engine_counters) return 0;
    return daypack_load(reader->base + reader->counters_offset + 8u * (uint64_t)counter);
}
DAYPACK_API uint64_t daypack_line_counter(const daypack_reader* reader, unsigned line, unsigned counter) {
    if (line >= reader->max_lines || counter >= reader->line_counters) return 0;
    return daypack_load(reader->base + reader->counters_offset +
                        8u * (reader->engine_counters + line * reader->line_counters + counter));
}
DAYPACK_API uint64_t daypack_symbol_counter(const daypack_reader* reader, unsigned symbol, unsigned counter) {
    if (symbol >= reader->max_symbols || counter >= reader->symbol_counters) return 0;
    return daypack_load(reader->base + reader->counters_offset +
                        8u * (reader->engine_counters + reader->max_lines * reader->line_counters +
                              symbol * reader->symbol_counters + counter));
}
DAYPACK_API uint64_t daypack_histogram_count(const daypack_reader* reader, unsigned histogram, unsigned bucket) {
    if (histogram >= reader->histograms || bucket >= reader->histogram_buckets) return 0;
    return daypack_load(reader->base + reader->histograms_offset +
                        8u * (histogram * reader->histogram_buckets + bucket));
}
DAYPACK_API uint64_t daypack_histogram_samples(const daypack_reader* reader, unsigned histogram) {
    uint64_t total = 0;
    unsigned i;
    for (i = 0; i < reader->histogram_buckets; ++i) total += daypack_histogram_count(reader, histogram, i);
    return total;
}
/* Returns the value in ns that `per_mille` of the samples do not exceed; 0 without samples. */
DAYPACK_API uint64_t daypack_percentile(const daypack_reader* reader, unsigned histogram, unsigned per_mille) {
    uint64_t total = daypack_histogram_samples(reader, histogram);
    uint64_t seen = 0;
    uint64_t rank;
    unsigned i;
    if (total == 0) return 0;
    rank = (total * per_mille + 999) / 1000;
    if (rank == 0) rank = 1;
    for (i = 0; i < reader->histogram_buckets; ++i) {
        seen += daypack_histogram_count(reader, histogram, i);
        if (seen >= rank) return daypack_histogram_value(i);
    }
    return daypack_histogram_value((unsigned)reader->histogram_buckets - 1);
}

/* ---- about the writer ------------------------------------------------------------------------------------------- */

/* What a segment says of its writer and of that one's clock; texts are always terminated. All zeros: the reader is not
 * open. */
typedef struct daypack_writer {
    char host[DAYPACK_HOST_BYTES];
    char version[DAYPACK_VERSION_BYTES];
    char commit[DAYPACK_COMMIT_BYTES];
    uint64_t pid;
    uint64_t start_ns;
    uint64_t epoch;
    uint64_t clock_state; /* one of DAYPACK_CLOCK_…; the others mean something where it is SYNCHRONISED */
    int64_t clock_offset_ns;
    uint64_t clock_error_ns;
    int64_t clock_checked_ns;
} daypack_writer;

DAYPACK_API void daypack_read_writer(const daypack_reader* reader, daypack_writer* writer) {
    const daypack_header* head = daypack_head(reader);
    memset(writer, 0, sizeof *writer);
    if (!daypack_is_open(reader)) return;
    daypack_load_words(writer->host, head->writer_host, sizeof writer->host);
    daypack_load_words(writer->version, head->writer_version, sizeof writer->version);
    daypack_load_words(writer->commit, head->writer_commit, sizeof writer->commit);
    writer->host[DAYPACK_HOST_BYTES - 1] = '\0';
    writer->version[DAYPACK_VERSION_BYTES - 1] = '\0';
    writer->commit[DAYPACK_COMMIT_BYTES - 1] = '\0';
    writer->pid = daypack_load(&head->writer_pid);
    writer->start_ns = daypack_load(&head->writer_start_ns);
    writer->epoch = daypack_load(&head->epoch);
    writer->clock_state = daypack_load(&head->clock_state);
    writer->clock_offset_ns = (int64_t)daypack_load(&head->clock_offset_ns);
    writer->clock_error_ns = daypack_load(&head->clock_error_ns);
    writer->clock_checked_ns = (int64_t)daypack_load(&head->clock_checked_ns);
}

#undef DAYPACK_CASE
#undef DAYPACK_NAME_OF
#undef DAYPACK_ASSERT

#ifdef __cplusplus
}
#endif
#endif /* DAYPACK_SHM_H */
