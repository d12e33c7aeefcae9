//! The certificates to trust in place of the built-in ones: a PEM bundle, RFC 7468 §5.
//!
//! ```text
//! -----BEGIN CERTIFICATE-----
//! MIIBfzCCASWgAwIBAgIU…
//! -----END CERTIFICATE-----
//! ```
//!
//! Left out: folders (`SSL_CERT_DIR`), and the system's own store. Shown by `tests/suite/tls.rs`.

use std::{ffi::OsString, fs::File, io::Read, sync::Arc};

use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

use crate::error::Error;

/// Reads the file that `SSL_CERT_FILE` names, which must hold whole certificates.
pub fn read(path: OsString) -> Result<RootCerts, Error> {
    let name = "SSL_CERT_FILE";
    let mut pem = Vec::new();
    // A bundle of every public authority has about 200 KiB; `/dev/zero` has no end.
    let read = File::open(path).and_then(|file| file.take(16 << 20).read_to_end(&mut pem));
    let bad = |problem: &str| Error::Variable { name, problem: problem.to_owned() };
    read.map_err(|error| {
        bad(&format!("names a file that can't be read ({error}): correct the path, or unset it"))
    })?;
    Ok(RootCerts::Specific(Arc::new(certificates(&pem).map_err(bad)?)))
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, &'static str> {
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(whole)) if is_whole(whole.der()) => certificates.push(whole),
            // rustls would drop a broken one without a word.
            Ok(PemItem::Certificate(_)) | Err(_) => {
                return Err("names a file with a broken certificate: repair it, or unset it");
            }
            Ok(_) => {}
        }
    }
    if certificates.is_empty() {
        return Err("names a file without certificates: set it to a PEM bundle, or unset it");
    }
    Ok(certificates)
}

/// Whether this is one sequence, tag 0x30, with nothing after it. X.690 §8.1.3.5: its length stands
/// in the two bytes after 0x82. No certificate is shorter than 256 bytes, or longer than 64 KiB.
fn is_whole(der: &[u8]) -> bool {
    let [0x30, 0x82, high, low, content @ ..] = der else { return false };
    content.len() == usize::from(u16::from_be_bytes([*high, *low]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_whole_certificates_is_refused() {
        let pem = |base64: &str| {
            format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
        };
        for (text, problem) in [
            (
                String::new(),
                "names a file without certificates: set it to a PEM bundle, or unset it",
            ),
            (
                "certificate".to_owned(),
                "names a file without certificates: set it to a PEM bundle, or unset it",
            ),
            (
                pem("bm8gY2VydGlmaWNhdGU="),
                "names a file with a broken certificate: repair it, or unset it",
            ),
            (pem("MIECAA=="), "names a file with a broken certificate: repair it, or unset it"),
            (pem("MIIBAAA="), "names a file with a broken certificate: repair it, or unset it"),
            (pem("*"), "names a file with a broken certificate: repair it, or unset it"),
        ] {
            assert_eq!(certificates(text.as_bytes()).err(), Some(problem), "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_without_an_end_is_not_read_to_its_end() {
        let error = read("/dev/zero".into()).unwrap_err().to_string();
        assert!(error.starts_with("SSL_CERT_FILE names a file without certificates"), "{error}");
    }

    #[test]
    fn a_certificate_is_one_sequence_and_nothing_after_it() {
        for (der, is_one) in [
            (&[0x30_u8, 0x82, 0, 2, 0, 0] as &[_], true),
            (&[0x30, 0x82, 0, 2, 0], false),
            (&[0x30, 0x82, 0, 2, 0, 0, 0], false),
            (&[0x31, 0x82, 0, 2, 0, 0], false),
            (&[0x30, 0x81, 2, 0, 0], false),
            (&[0x30, 0x84, 0, 0, 0, 0], false),
            (&[0x30, 0x82], false),
            (&[], false),
        ] {
            assert_eq!(is_whole(der), is_one, "{der:?}");
        }
    }
}
