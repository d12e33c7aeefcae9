//! The certificates to trust instead of the built-in ones: a PEM bundle, RFC 7468 §5.
//!
//! ```text
//! -----BEGIN CERTIFICATE-----
//! MIIBfzCCASWgAwIBAgIU…
//! -----END CERTIFICATE-----
//! ```
//!
//! `ureq` reads the PEM and rustls the certificates; but rustls drops without a word what it can't
//! read, so their outline is checked here.
//!
//! Left out: folders of certificates (`SSL_CERT_DIR`), and the system's own store. Shown by
//! `tests/suite/tls.rs`.

use std::ffi::OsStr;
use std::fs;

use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

use crate::error::Error;

/// Reads the file that `SSL_CERT_FILE` names.
///
/// # Errors
/// [`Error::UnreadableFile`], or [`Error::BadVariable`] when there is not a whole certificate in
/// it.
pub fn read(path: &OsStr) -> Result<RootCerts, Error> {
    let name = "SSL_CERT_FILE";
    let pem = fs::read(path).map_err(|source| Error::UnreadableFile { name, source })?;
    let bad = |problem: &str| Error::BadVariable { name, problem: problem.to_owned() };
    Ok(RootCerts::new_with_certs(&certificates(&pem).map_err(bad)?))
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, &'static str> {
    let broken = "names a file with a broken certificate: repair it, or unset it";
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        match item.map_err(|_| broken)? {
            PemItem::Certificate(certificate) if has_outline(certificate.der()) => {
                certificates.push(certificate);
            }
            PemItem::Certificate(_) => return Err(broken),
            _ => {}
        }
    }
    if certificates.is_empty() {
        return Err("names a file without certificates: set it to a PEM bundle, or unset it");
    }
    Ok(certificates)
}

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;

fn has_outline(der: &[u8]) -> bool {
    // RFC 5280 §4.1: "Certificate ::= SEQUENCE { tbsCertificate TBSCertificate, signatureAlgorithm
    // AlgorithmIdentifier, signatureValue BIT STRING }"; the first two are sequences themselves.
    let parts = || {
        let content = whole(SEQUENCE, der)?;
        let (_, rest) = element(SEQUENCE, content)?;
        let (_, rest) = element(SEQUENCE, rest)?;
        whole(BIT_STRING, rest)
    };
    parts().is_some()
}

/// The content of one element that takes all the octets.
fn whole(tag: u8, der: &[u8]) -> Option<&[u8]> {
    element(tag, der).filter(|(_, rest)| rest.is_empty()).map(|(content, _)| content)
}

/// The content of an element with this tag, and what follows it. X.690 §8.1.3: a length up to 127
/// is one octet; above, that octet has its high bit set and counts the octets of the length.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match der {
        [found, ..] if *found != tag => return None,
        [_, length @ ..=0x7f, rest @ ..] | [_, 0x81, length, rest @ ..] => {
            (usize::from(*length), rest)
        }
        [_, 0x82, high, low, rest @ ..] => (usize::from(*high) << 8 | usize::from(*low), rest),
        // Longer than 64 KiB is no certificate.
        _ => return None,
    };
    rest.split_at_checked(length)
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
            (pem("MIEBAA=="), "names a file with a broken certificate: repair it, or unset it"),
            (pem("MIIBAA=="), "names a file with a broken certificate: repair it, or unset it"),
            (pem("*"), "names a file with a broken certificate: repair it, or unset it"),
        ] {
            assert_eq!(certificates(text.as_bytes()).err(), Some(problem), "{text}");
        }
    }

    #[test]
    fn the_outline_of_a_certificate_is_two_sequences_and_a_bit_string() {
        for (der, is_one) in [
            (&[0x30_u8, 7, 0x30, 0, 0x30, 1, 0, 0x03, 0] as &[_], true),
            (&[0x30, 0x81, 7, 0x30, 0, 0x30, 1, 0, 0x03, 0], true),
            (&[0x30, 0x82, 0, 7, 0x30, 0, 0x30, 1, 0, 0x03, 0], true),
            (&[0x30, 6, 0x30, 0, 0x30, 1, 0, 0x03, 0], false),
            (&[0x30, 7, 0x30, 0, 0x30, 1, 0, 0x03, 0, 0], false),
            (&[0x30, 7, 0x30, 0, 0x30, 1, 0, 0x04, 0], false),
            (&[0x30, 7, 0x30, 0, 0x30, 9, 0, 0x03, 0], false),
            (&[0x30, 4, 0x30, 0, 0x30, 0], false),
            (&[0x30, 4, 0, 0, 0, 0], false),
            (&[0x30, 0x84, 0, 0, 0, 0], false),
            (&[0x30, 0x82], false),
            (&[], false),
        ] {
            assert_eq!(has_outline(der), is_one, "{der:?}");
        }
    }
}
