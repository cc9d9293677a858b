// SPDX-License-Identifier: MIT
// Reads the shared memory of a running engine from Rust, through libdaypack-reader.so: no crate, one file. Prints the best
// bid and offer of a symbol each time they change, and each of its events.
//     rustc -O reader.rs -l daypack-reader && ./reader INSTANCE SYMBOL SECONDS
use std::env;
use std::ffi::{CStr, CString};
use std::fmt;
use std::os::raw::{c_char, c_int, c_uint};
use std::process::exit;
use std::time::{Duration, Instant};

// What this program needs of <daypack/shm.h>. The library keeps these functions and structures for as long as its soname
// stays the same.
mod ffi {
    use super::{c_char, c_int, c_uint};

    pub const OK: c_int = 0;
    pub const LOST: c_int = -7;
    pub const STATE_LIVE: u8 = 2;

    pub const KIND_NONE: c_uint = 0;
    pub const KIND_DELTA: c_uint = 1;
    pub const KIND_TRADE: c_uint = 3;
    pub const KIND_TOP: c_uint = 4;
    pub const KIND_SNAPSHOT: c_uint = 6;

    /// The library's own: never looked into, only pointed to.
    #[repr(C)]
    pub struct Reader {
        private: [u8; 0],
    }

    #[repr(C)]
    #[derive(Clone, Copy, Default)]
    pub struct Top {
        pub u: u64,
        pub bid_price: i64,
        pub bid_quantity: i64,
        pub ask_price: i64,
        pub ask_quantity: i64,
        pub publish_ns: i64,
        pub state: u8,
        pub reason: u8,
        pub flags: u16,
        pub epoch: u32,
        pub price_exponent: i8,
        pub quantity_exponent: i8,
    }

    #[repr(C)]
    #[derive(Clone, Copy, Default)]
    pub struct Record {
        pub head: u64,
        pub first_id: u64,
        pub last_id: u64,
        pub price: i64,
        pub quantity: i64,
        pub price2: i64,
        pub quantity2: i64,
        pub venue_match_us: i64,
        pub venue_send_us: i64,
        pub kernel_receive_ns: i64,
        pub receive_ns: i64,
        pub publish_ns: i64,
        pub id_a: u64,
        pub id_b: u64,
        pub status: u64,
        pub exponents: u64,
    }

    const _: () = assert!(std::mem::size_of::<Top>() == 64 && std::mem::size_of::<Record>() == 128);

    #[link(name = "daypack-reader")]
    extern "C" {
        pub fn daypack_new(instance: *const c_char, result: *mut c_int) -> *mut Reader;
        pub fn daypack_free(reader: *mut Reader);
        pub fn daypack_explain(reader: *const Reader, result: c_int, text: *mut c_char, bytes: usize) -> *const c_char;
        pub fn daypack_find(reader: *mut Reader, name: *const c_char) -> c_int;
        pub fn daypack_read_top(reader: *mut Reader, symbol: c_int, top: *mut Top) -> c_int;
        pub fn daypack_cursor(reader: *const Reader) -> u64;
        pub fn daypack_wait(reader: *mut Reader, cursor: u64, timeout_ms: c_int) -> c_int;
        pub fn daypack_read_record(reader: *mut Reader, cursor: *mut u64, record: *mut Record, lost: *mut u64) -> c_int;
        pub fn daypack_record_kind(record: *const Record) -> c_uint;
        pub fn daypack_record_side(record: *const Record) -> c_uint;
        pub fn daypack_record_symbol(record: *const Record) -> u32;
        pub fn daypack_exponent(exponents: u64, number: c_uint) -> i8;
        pub fn daypack_state_name(state: c_uint) -> *const c_char;
        pub fn daypack_reason_name(reason: c_uint) -> *const c_char;
        pub fn daypack_kind_name(kind: c_uint) -> *const c_char;
    }
}

/// A price or a quantity, exactly: mantissa × 10^exponent.
struct Decimal {
    mantissa: i64,
    exponent: i8,
}

impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let decimals = usize::from((-i16::from(self.exponent)).max(0) as u16);
        let zeros = usize::from(i16::from(self.exponent).max(0) as u16);
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let mut digits = format!("{:0>1$}", self.mantissa.unsigned_abs(), decimals + 1);
        digits.push_str(&"0".repeat(zeros));
        let whole = digits.len() - decimals;
        let point = if decimals > 0 { "." } else { "" };
        write!(out, "{}{}{}{}", sign, &digits[..whole], point, &digits[whole..])
    }
}

fn name_of(text: *const c_char) -> &'static str {
    // SAFETY: the library's names are constants of it.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap_or("?")
}

/// A reader of one instance. It stays on the thread that made it: the raw pointer keeps it from being sent.
struct Reader {
    raw: *mut ffi::Reader,
}

/// What a look at the ring found.
enum Event {
    Record(ffi::Record),
    Nothing,
    /// So many records were written over before they were read.
    Lost(u64),
}

impl Reader {
    fn open(instance: &str) -> Result<Reader, String> {
        let name = CString::new(instance).map_err(|_| "an instance's name has no zero byte".to_string())?;
        let mut result = 0;
        // SAFETY: both pointers are to what lives until the call is over.
        let raw = unsafe { ffi::daypack_new(name.as_ptr(), &mut result) };
        if raw.is_null() {
            return Err("out of memory".to_string());
        }
        let reader = Reader { raw }; // given back by drop, also where it could not be opened
        if result == ffi::OK {
            return Ok(reader);
        }
        let mut text: [c_char; 512] = [0; 512];
        // SAFETY: the text has as many bytes as is said, and is ended by the library.
        unsafe {
            ffi::daypack_explain(reader.raw, result, text.as_mut_ptr(), text.len());
            Err(CStr::from_ptr(text.as_ptr()).to_string_lossy().into_owned())
        }
    }

    fn find(&mut self, symbol: &str) -> Option<c_int> {
        let name = CString::new(symbol).ok()?;
        // SAFETY: the reader is open, here and below.
        let found = unsafe { ffi::daypack_find(self.raw, name.as_ptr()) };
        if found >= 0 {
            Some(found)
        } else {
            None
        }
    }

    /// None: the writer was faster than this read; try again.
    fn top(&mut self, symbol: c_int) -> Option<ffi::Top> {
        let mut top = ffi::Top::default();
        if unsafe { ffi::daypack_read_top(self.raw, symbol, &mut top) } == ffi::OK {
            Some(top)
        } else {
            None
        }
    }

    fn cursor(&self) -> u64 {
        unsafe { ffi::daypack_cursor(self.raw) }
    }

    /// Sleeps until there is a record at the cursor, or the time is over.
    fn wait(&mut self, cursor: u64, timeout_ms: c_int) {
        unsafe { ffi::daypack_wait(self.raw, cursor, timeout_ms) };
    }

    fn next(&mut self, cursor: &mut u64) -> Event {
        let mut record = ffi::Record::default();
        let mut lost = 0;
        match unsafe { ffi::daypack_read_record(self.raw, cursor, &mut record, &mut lost) } {
            ffi::OK => Event::Record(record),
            ffi::LOST => Event::Lost(lost),
            _ => Event::Nothing,
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        unsafe { ffi::daypack_free(self.raw) };
    }
}

fn print_top(top: &ffi::Top) {
    if top.state != ffi::STATE_LIVE {
        // The only tradable state is LIVE.
        let state = name_of(unsafe { ffi::daypack_state_name(top.state.into()) });
        let reason = name_of(unsafe { ffi::daypack_reason_name(top.reason.into()) });
        println!("{}/{}", state, reason);
        return;
    }
    let price = |mantissa| Decimal { mantissa, exponent: top.price_exponent };
    let quantity = |mantissa| Decimal { mantissa, exponent: top.quantity_exponent };
    println!(
        "u={} bid {} x {} ask {} x {}",
        top.u,
        quantity(top.bid_quantity),
        price(top.bid_price),
        price(top.ask_price),
        quantity(top.ask_quantity)
    );
}

fn print_event(record: &ffi::Record) {
    let kind = unsafe { ffi::daypack_record_kind(record) };
    let name = name_of(unsafe { ffi::daypack_kind_name(kind) });
    let is_ask = unsafe { ffi::daypack_record_side(record) } == 1;
    let price = Decimal { mantissa: record.price, exponent: unsafe { ffi::daypack_exponent(record.exponents, 0) } };
    let quantity = Decimal { mantissa: record.quantity, exponent: unsafe { ffi::daypack_exponent(record.exponents, 1) } };
    match kind {
        ffi::KIND_NONE | ffi::KIND_TOP => {} // the best bid and offer are printed from the book itself
        ffi::KIND_DELTA => println!("{} u={} {} {} x {}", name, record.last_id, if is_ask { "ask" } else { "bid" }, quantity, price),
        ffi::KIND_TRADE => println!("{} {} {} @ {}", name, if is_ask { "sell" } else { "buy" }, quantity, price),
        ffi::KIND_SNAPSHOT => println!("{} u={}: the book was replaced", name, record.last_id),
        _ => println!("{}", name),
    }
}

fn run(instance: &str, symbol_name: &str, seconds: u64) -> Result<(), String> {
    let mut reader = Reader::open(instance).map_err(|why| format!("instance {}: {}", instance, why))?;
    let symbol = reader.find(symbol_name).ok_or_else(|| format!("{} has no symbol {}", instance, symbol_name))?;
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut cursor = reader.cursor();
    let mut shown = ffi::Top { state: u8::MAX, ..Default::default() };
    while Instant::now() < end {
        if let Some(top) = reader.top(symbol) {
            let key = |t: &ffi::Top| (t.state, t.reason, t.bid_price, t.bid_quantity, t.ask_price, t.ask_quantity);
            if key(&top) != key(&shown) {
                print_top(&top);
                shown = top;
            }
        }
        match reader.next(&mut cursor) {
            Event::Record(record) if unsafe { ffi::daypack_record_symbol(&record) } as c_int == symbol => print_event(&record),
            Event::Record(_) => {}
            Event::Lost(records) => println!("LOST {} records: a book that was made of them is no longer right", records),
            Event::Nothing => reader.wait(cursor, 100),
        }
    }
    Ok(())
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let seconds = arguments.get(3).and_then(|text| text.parse().ok());
    let (instance, symbol, seconds) = match (arguments.len(), seconds) {
        (4, Some(seconds)) => (&arguments[1], &arguments[2], seconds),
        _ => {
            eprintln!("usage: reader INSTANCE SYMBOL SECONDS");
            exit(2);
        }
    };
    if let Err(why) = run(instance, symbol, seconds) {
        eprintln!("{}", why);
        exit(1);
    }
}
