//! The certificates to trust in place of the built-in ones: a PEM bundle, RFC 7468 §5.
//!
//! ```text
//! -----BEGIN CERTIFICATE-----
//! MIIBfzCCASWgAwIBAgIU…
//! -----END CERTIFICATE-----
//! ```
//!
//! Left out: folders (`SSL_CERT_DIR`), and the system's own store. Shown by `tests/suite/tls.rs`.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

use crate::error::Error;
use crate::setup::Variables;
use crate::setup::in_time::in_time;

/// A bundle of every public authority has about 200 KiB; `/dev/zero` has no end.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// A pipe that nobody writes to never begins.
const PATIENCE: Duration = Duration::from_secs(5);

/// The certificates to trust: those of the file that `SSL_CERT_FILE` names, or else the built-in ones.
/// Errors: [`Error::Variable`] when the file has no whole certificates.
pub fn read(variables: Variables<'_>) -> Result<RootCerts, Error> {
    let path = variables("SSL_CERT_FILE").unwrap_or_default();
    if path.is_empty() {
        return Ok(RootCerts::WebPki);
    }
    let certificates = match in_time(PATIENCE, || read_file(path)) {
        Ok(Ok(pem)) => parse(&pem),
        Ok(Err(error)) | Err(error) => Err(format!(
            "names a file that can't be read ({error}): correct the path, or unset the variable"
        )),
    };
    match certificates {
        Ok(certificates) => Ok(RootCerts::Specific(Arc::new(certificates))),
        Err(problem) => Err(Error::Variable { name: "SSL_CERT_FILE", problem }),
    }
}

fn read_file(path: OsString) -> io::Result<Vec<u8>> {
    let mut pem = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut pem)?;
    if pem.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("it is longer than 16 MiB"));
    }
    Ok(pem)
}

fn parse(pem: &[u8]) -> Result<Vec<Certificate<'static>>, String> {
    // Editors on Windows begin a file with a byte order mark.
    let pem = pem.strip_prefix(b"\xef\xbb\xbf").unwrap_or(pem);
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(whole)) if is_whole(whole.der()) => certificates.push(whole),
            // rustls would silently skip a broken certificate.
            Ok(PemItem::Certificate(_)) | Err(_) => {
                return Err(
                    "names a file with a broken certificate: repair the file, or unset the variable".to_owned()
                );
            }
            Ok(_) => {}
        }
    }
    if certificates.is_empty() {
        return Err(
            "names a file without certificates: set it to a PEM bundle, or unset it".to_owned()
        );
    }
    Ok(certificates)
}

/// Whether this is one sequence, tag 0x30, with nothing after it. X.690 §8.1.3.5: its length stands
/// in the byte after 0x81, or in the two after 0x82. No certificate is shorter than 128 bytes, or longer
/// than 64 KiB.
fn is_whole(der: &[u8]) -> bool {
    match der {
        [0x30, 0x81, length @ 128..=255, content @ ..] => content.len() == usize::from(*length),
        [0x30, 0x82, high, low, content @ ..] => {
            content.len() == usize::from(u16::from_be_bytes([*high, *low]))
        }
        _ => false,
    }
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
                format!("\u{feff}{}", pem("bm8gY2VydGlmaWNhdGU=")),
                "names a file with a broken certificate: repair the file, or unset the variable",
            ),
            (
                pem("bm8gY2VydGlmaWNhdGU="),
                "names a file with a broken certificate: repair the file, or unset the variable",
            ),
            (
                pem("MIECAA=="),
                "names a file with a broken certificate: repair the file, or unset the variable",
            ),
            (
                pem("MIIBAAA="),
                "names a file with a broken certificate: repair the file, or unset the variable",
            ),
            (
                pem("*"),
                "names a file with a broken certificate: repair the file, or unset the variable",
            ),
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap_err(), problem, "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_without_an_end_is_not_read_to_its_end() {
        let error = read(&|_| Some("/dev/zero".into())).unwrap_err().to_string();
        assert_eq!(
            error,
            "SSL_CERT_FILE names a file that can't be read (it is longer than 16 MiB): correct the \
             path, or unset the variable"
        );
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
        // The certificate of a CA with an elliptic curve may be this short.
        let mut short = vec![0x30, 0x81, 239];
        short.extend([0; 239]);
        assert!(is_whole(&short));
    }
}
