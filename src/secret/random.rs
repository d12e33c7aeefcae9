//! 32 random octets from the operating system. Without them there is no login.
//!
//! ```text
//! /dev/urandom               on Unix
//! keys of std's hash maps    where there is no such file: on Windows, and in an empty root
//! ```
//!
//! Both are the system's own generator. Left out: asking it directly, for which stable std has no
//! call. In an empty root, shown by `tests/static.rs`.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::thread;

use super::sha256;

/// 32 octets that nobody can guess.
///
/// # Errors
/// When `/dev/urandom` is there and can't be opened or read, or when no thread can be started.
pub fn octets() -> io::Result<[u8; 32]> {
    // On Windows that would be a file which anybody may have made.
    if cfg!(unix) {
        match File::open("/dev/urandom") {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => {
                let mut octets = [0; 32];
                opened?.read_exact(&mut octets)?;
                return Ok(octets);
            }
        }
    }
    drawn_by_std()
}

/// The first `RandomState` of each thread is keyed with 128 fresh bits: on Windows from
/// `ProcessPrng`, on macOS from `CCRandomGenerateBytes`, and on Linux from `getrandom`, which is
/// the pool behind `/dev/urandom`. It is asked there not to wait until the pool is filled, after
/// the start of the machine, and neither does `/dev/urandom` wait; so the one is as good as the
/// other. Where the system refuses, std ends the program.
///
/// A key is seen only through the hashes that it makes, so four threads draw 512 bits, and SHA-256
/// gathers what shows of them.
fn drawn_by_std() -> io::Result<[u8; 32]> {
    let mut drawn = Vec::new();
    for _ in 0..4 {
        for word in drawn_by_thread()? {
            drawn.extend(word.to_le_bytes());
        }
    }
    Ok(sha256::digest(&drawn))
}

fn drawn_by_thread() -> io::Result<[u64; 2]> {
    let draw = || {
        let keyed = RandomState::new();
        [keyed.hash_one(0_u64), keyed.hash_one(1_u64)]
    };
    let died = |_| io::Error::other("a thread that draws random octets died");
    thread::Builder::new().spawn(draw)?.join().map_err(died)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_draws_are_alike() {
        let drawn: HashSet<_> =
            (0..100).flat_map(|_| [octets().unwrap(), drawn_by_std().unwrap()]).collect();
        assert_eq!(drawn.len(), 200);
    }

    #[test]
    fn each_thread_draws_afresh_and_no_bit_is_fixed() {
        let drawn: Vec<_> = (0..1000).map(|_| drawn_by_thread().unwrap()).collect();
        let words: HashSet<_> = drawn.iter().flatten().collect();
        assert_eq!(words.len(), 2000);
        for bit in 0..128 {
            let set = |words: &&[u64; 2]| words[bit / 64] >> (bit % 64) & 1 == 1;
            let ones = drawn.iter().filter(set).count();
            // 500 are expected; 16 is the standard deviation, and this is eight of them.
            assert!((372..628).contains(&ones), "bit {bit}: {ones} of 1000");
        }
    }
}
