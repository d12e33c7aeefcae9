//! 32 random bytes from the operating system. Without them there's no login.
//!
//! ```text
//! /dev/urandom               on Unix
//! keys of std's hash maps    where there is no such file: on Windows, and in an empty root
//! ```
//!
//! Left out: asking the system directly, for which std has no call. Shown by `tests/static.rs`.

use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::{fs::File, thread};

use crate::secret::sha256;

/// 32 bytes that nobody can guess. If `/dev/urandom` is there but can't be read, there are none.
pub fn bytes() -> io::Result<[u8; 32]> {
    if !cfg!(unix) {
        // On Windows anybody may create a file of the name below.
        return drawn_by_std();
    }
    match File::open("/dev/urandom") {
        Err(error) if error.kind() == io::ErrorKind::NotFound => drawn_by_std(),
        opened => {
            let mut bytes = [0; 32];
            opened?.read_exact(&mut bytes)?;
            Ok(bytes)
        }
    }
}

/// A thread's first `RandomState` takes a key of 128 fresh bits from the system: `ProcessPrng` on
/// Windows, `getrandom` on Linux. std doesn't promise this; a larger program takes the package
/// `getrandom`. Only hashes made with the key can be seen, so four keys are drawn and hashed together.
fn drawn_by_std() -> io::Result<[u8; 32]> {
    let drawn = [drawn_by_thread()?, drawn_by_thread()?, drawn_by_thread()?, drawn_by_thread()?];
    Ok(sha256::digest(drawn.as_flattened().as_flattened()))
}

fn drawn_by_thread() -> io::Result<[[u8; 8]; 2]> {
    let thread = thread::Builder::new().spawn(|| {
        let key = RandomState::new();
        [key.hash_one(0_u64).to_le_bytes(), key.hash_one(1_u64).to_le_bytes()]
    })?;
    match thread.join() {
        Ok(drawn) => Ok(drawn),
        Err(_) => Err(io::Error::other("a thread that draws random bytes died")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_draws_are_alike() {
        let drawn: HashSet<_> =
            (0..100).flat_map(|_| [bytes().unwrap(), drawn_by_std().unwrap()]).collect();
        assert_eq!(drawn.len(), 200);
    }

    #[test]
    fn each_thread_draws_afresh_and_no_bit_is_fixed() {
        let drawn: Vec<_> = (0..1000).map(|_| drawn_by_thread().unwrap()).collect();
        let drawn: Vec<_> = drawn.iter().map(|words| words.map(u64::from_le_bytes)).collect();
        let words: HashSet<_> = drawn.iter().flatten().collect();
        assert_eq!(words.len(), 2000);
        for bit in 0..128 {
            let set = |words: &&[u64; 2]| words[bit / 64] >> (bit % 64) & 1 == 1;
            let ones = drawn.iter().filter(set).count();
            // 500 are expected; this allows eight standard deviations of 16.
            assert!((372..628).contains(&ones), "bit {bit}: {ones} of 1000");
        }
    }
}
