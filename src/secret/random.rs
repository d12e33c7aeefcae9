//! 32 random octets from the operating system. There is no fallback: without them there is no
//! login.

use std::io;

/// 32 octets that nobody can guess.
///
/// # Errors
/// When `/dev/urandom` can't be opened or read.
#[cfg(unix)]
pub fn octets() -> io::Result<[u8; 32]> {
    use std::io::Read;

    let mut octets = [0; 32];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut octets)?;
    Ok(octets)
}

/// 32 octets that nobody can guess.
///
/// # Errors
/// When no thread can be started.
#[cfg(not(unix))]
pub fn octets() -> io::Result<[u8; 32]> {
    use std::hash::{BuildHasher, RandomState};

    // Windows has no such file, and std no stable source of random octets. But the first
    // `RandomState` of each thread is keyed with 128 fresh bits from the system's generator, so
    // four threads draw 512 bits; SHA-256 gathers what shows of them.
    let mut drawn = Vec::new();
    for _ in 0..4 {
        let thread = std::thread::Builder::new().spawn(|| {
            let keyed = RandomState::new();
            [keyed.hash_one(0_u64), keyed.hash_one(1_u64)]
        })?;
        let words = thread
            .join()
            .map_err(|_| io::Error::other("a thread that draws random octets died"))?;
        drawn.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    }
    Ok(super::sha256::digest(&drawn))
}
