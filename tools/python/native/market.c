/* SPDX-License-Identifier: MIT */
#include <market.h>

void market_free(market_book* market) {
    free(market->sides[0].levels);
    free(market->sides[1].levels);
    free(market->changes);
    free(market->follower);
    free(market->scratch);
}

void market_lose(market_book* market) {
    market->joined = market->whole = market->is_of_image = market->thin = 0;
    market->change_count = 0;
    market->sides[0].count = market->sides[1].count = 0;
}

void market_forget_segment(market_book* market) {
    market_lose(market);
    market->index = -1;
    free(market->follower);
    market->follower = NULL;
}

int market_may_show(unsigned state) {
    return state == DAYPACK_STATE_LIVE || state == DAYPACK_STATE_POLLING;
}

/* ---- the book ---- */

static int make_room(market_side* side, uint32_t levels) {
    if (levels <= side->room) return 1;
    const uint32_t room = levels + levels / 2 + 64;
    daypack_level* more = realloc(side->levels, room * sizeof *more);
    if (more == NULL) return 0;
    side->levels = more;
    side->room = room;
    return 1;
}

/* Returns the place of the first level that is not worse than `price`. */
static uint32_t place_of(const market_side* side, unsigned number, int64_t price) {
    uint32_t low = 0, high = side->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (daypack_is_worse(number, side->levels[middle].price, price)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Sets a level. Returns 1 where that changed the book, 0 where there was nothing to delete, -1 without memory. */
static int set_level(market_side* side, unsigned number, int64_t price, int64_t quantity) {
    const uint32_t place = place_of(side, number, price);
    if (place < side->count && side->levels[place].price == price) {
        if (quantity != 0) {
            side->levels[place].quantity = quantity;
            return 1;
        }
        --side->count;
        memmove(side->levels + place, side->levels + place + 1, (side->count - place) * sizeof *side->levels);
        return 1;
    }
    if (quantity == 0) return 0;
    if (!make_room(side, side->count + 1)) return -1;
    memmove(side->levels + place + 1, side->levels + place, (side->count - place) * sizeof *side->levels);
    side->levels[place].price = price;
    side->levels[place].quantity = quantity;
    ++side->count;
    return 1;
}

/* Applies the changes of a whole update, and leaves in `changes` those that changed something. */
static int apply_changes(market_book* market) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < market->change_count; ++i) {
        const market_change change = market->changes[i];
        market_side* side = &market->sides[change.side];
        if (side->known_to != 0 && daypack_is_worse(change.side, change.price, side->known_to)) continue;
        const int changed = set_level(side, change.side, change.price, change.quantity);
        if (changed < 0) return 0;
        if (changed) market->changes[kept++] = change;
    }
    market->change_count = kept;
    for (unsigned number = 0; number < 2; ++number) {
        if (market->sides[number].count < market->sides[number].least) market->thin = 1;
    }
    return 1;
}

/* ---- records ---- */

static int add_change(market_book* market, const daypack_record* record) {
    if (market->change_count == market->change_room) {
        const uint32_t room = 2 * market->change_room + 16;
        market_change* more = realloc(market->changes, room * sizeof *more);
        if (more == NULL) return 0;
        market->changes = more;
        market->change_room = room;
    }
    market_change* change = &market->changes[market->change_count++];
    change->side = daypack_record_side(record) & 1;
    change->price = record->price;
    change->quantity = record->quantity;
    return 1;
}

int market_take(market_book* market, uint64_t at, const daypack_record* record) {
    const unsigned kind = daypack_record_kind(record);
    const daypack_status status = daypack_record_status(record);
    if (!market->joined || at < market->from) return 0;
    if (kind == DAYPACK_KIND_SNAPSHOT || !market_may_show(status.state) || status.epoch != market->epoch) {
        market_lose(market);
        return 0;
    }
    if (kind == DAYPACK_KIND_STATE || record->last_id <= market->u) return 0;
    if (record->first_id > market->u + 1 || record->exponents != market->exponents) {
        market_lose(market); /* the venue's own rule: an update begins where the last one ended */
        return 0;
    }
    if (kind == DAYPACK_KIND_ADVANCE) {
        market->u = record->last_id;
        market->change_count = 0;
        return 0;
    }
    if (!add_change(market, record)) return -1;
    if (!daypack_record_last(record)) return 0;
    if (!apply_changes(market)) return -1;
    market->u = record->last_id;
    return 1;
}

/* ---- joining ---- */

/* Returns 1 where the ring has no record about this market's book in [from, to). */
static int is_quiet(const market_book* market, daypack_reader* reader, uint64_t from, uint64_t to) {
    while (from < to) {
        daypack_record record;
        uint64_t lost = 0;
        if (daypack_read_record(reader, &from, &record, &lost) != DAYPACK_OK) return 0;
        const unsigned kind = daypack_record_kind(&record);
        if (kind == DAYPACK_KIND_NONE) return 0;
        if (daypack_record_symbol(&record) != (uint32_t)market->index) continue;
        if (kind == DAYPACK_KIND_DELTA || kind == DAYPACK_KIND_ADVANCE || kind == DAYPACK_KIND_SNAPSHOT) return 0;
    }
    return 1;
}

static int take_side(market_book* market, unsigned number, const daypack_level* best_first, uint32_t count,
                     int64_t known_to) {
    market_side* side = &market->sides[number];
    if (!make_room(side, count)) return 0;
    for (uint32_t i = 0; i < count; ++i) side->levels[count - 1 - i] = best_first[i];
    side->count = count;
    side->known_to = known_to;
    side->least = 0;
    if (known_to == 0) return 1;
    side->least = count / 2;
    if (market->max_depth != 0 && side->least < market->max_depth) side->least = market->max_depth;
    if (side->least > count) side->least = count / 2; /* it has no more to give: do not read it again for ever */
    return 1;
}

static int need_scratch(market_book* market, uint64_t levels) {
    if (market->scratch_room >= levels) return 1;
    free(market->scratch);
    market->scratch = malloc((levels + 1) * sizeof *market->scratch);
    market->scratch_room = market->scratch != NULL ? levels : 0;
    return market->scratch != NULL;
}

/* Reads the slot between two looks at the ring, so that the ring says what comes behind it. */
static int join_slot(market_book* market, daypack_reader* reader, int only_whole) {
    for (int attempt = 0; attempt < 32; ++attempt) {
        const uint64_t inode = reader->inode;
        daypack_book book;
        if (!need_scratch(market, 2 * reader->depth)) return -1;
        daypack_level *bids = market->scratch, *asks = market->scratch + reader->depth;
        const uint32_t depth = (uint32_t)reader->depth;
        const uint64_t before = daypack_cursor(reader);
        const int result = daypack_read_book(reader, market->index, &book, bids, depth, asks, depth);
        if (reader->inode != inode) return 0; /* another segment: the caller looks the name up again */
        if (result == DAYPACK_BUSY) continue;
        if (result != DAYPACK_OK || !market_may_show(book.top.state)) return 0;
        const uint64_t after = daypack_cursor(reader);
        if (!is_quiet(market, reader, before, after)) continue;
        /* A side that fills the slot goes on beyond it: it is known to its last level there. */
        const int64_t bound[2] = {book.bids == depth ? bids[depth - 1].price : book.known_to_bid,
                                  book.asks == depth ? asks[depth - 1].price : book.known_to_ask};
        const int cut = bound[0] != 0 || bound[1] != 0;
        const int whole = !cut || (market->max_depth != 0 && market->max_depth <= depth / 2);
        if (only_whole && !whole) return 0;
        market_lose(market);
        if (!take_side(market, DAYPACK_SIDE_BID, bids, book.bids, bound[0])) return -1;
        if (!take_side(market, DAYPACK_SIDE_ASK, asks, book.asks, bound[1])) return -1;
        market->joined = 1;
        market->whole = whole;
        market->from = after;
        market->u = book.top.u;
        market->epoch = book.top.epoch;
        market->exponents = (uint64_t)(uint8_t)book.top.price_exponent | (uint64_t)(uint8_t)book.top.quantity_exponent
                                                                             << 8;
        market->venue_match_us = book.venue_match_us;
        market->receive_ns = book.receive_ns != 0 ? book.receive_ns : book.top.publish_ns;
        return 1;
    }
    return 0;
}

/* Makes a whole book from the last audit's image and the ring, where the segment has images. */
static int join_image(market_book* market, daypack_reader* reader) {
    const uint64_t inode = reader->inode;
    if (!daypack_has_images(reader) || reader->image_levels <= reader->depth) return 0;
    const uint32_t room = (uint32_t)reader->image_levels;
    if (market->follower == NULL) {
        market->follower = malloc(sizeof *market->follower + 2 * (size_t)room * sizeof(daypack_level));
        if (market->follower == NULL) return -1;
        daypack_level* levels = (daypack_level*)(void*)(market->follower + 1);
        daypack_follow_begin(market->follower, reader, market->name, levels, levels + room, room);
    }
    daypack_follower* book = market->follower;
    const int result = daypack_follow_poll(book);
    if (reader->inode != inode) return 0;
    if (result != DAYPACK_OK || !market_may_show(book->top.state)) return 0;
    if (market->joined && (book->u < market->u || book->exponents != market->exponents)) return 0;
    if (!need_scratch(market, room)) return -1;
    market_lose(market);
    for (unsigned number = 0; number < 2; ++number) {
        const uint32_t count = daypack_follow_levels(book, number);
        for (uint32_t i = 0; i < count; ++i) market->scratch[i] = daypack_follow_level(book, number, i);
        if (!take_side(market, number, market->scratch, count, book->known_to[number])) return -1;
    }
    const int is_cut = book->known_to[0] != 0 || book->known_to[1] != 0; /* deeper than image_levels */
    market->joined = market->is_of_image = 1;
    market->whole = !is_cut || (market->max_depth != 0 && market->max_depth <= room / 2);
    market->from = book->cursor;
    market->u = book->u;
    market->epoch = book->top.epoch;
    market->exponents = book->exponents;
    market->venue_match_us = 0; /* the image does not say */
    market->receive_ns = book->top.publish_ns;
    return 1;
}

int market_join(market_book* market, daypack_reader* reader, int only_whole) {
    if (market->index < 0) market->index = daypack_find(reader, market->name);
    if (market->index < 0) {
        market->index = -1;
        return 0;
    }
    const int needs_image = market->max_depth == 0 || market->max_depth > reader->depth / 2;
    if (needs_image) {
        const int from_image = join_image(market, reader);
        if (from_image != 0) return from_image;
    }
    return join_slot(market, reader, only_whole);
}
