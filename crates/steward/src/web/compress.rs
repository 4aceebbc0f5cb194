//! Pages travel compressed where the browser takes gzip, which all do.

use std::io::Write;

use axum::http::{HeaderMap, header};
use flate2::Compression;
use flate2::write::GzEncoder;

/// Compresses; `level` is 1 (fast) to 9.
pub fn gzip(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 3), Compression::new(level));
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("a vector takes all that is written")
}

/// Whether the browser takes gzip (RFC 9110, 12.5.3).
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn what_was_compressed_comes_back() {
        let text = "a page of the desk ".repeat(100);
        let zipped = gzip(text.as_bytes(), 1);
        assert!(zipped.len() < text.len() / 5);
        let mut back = String::new();
        flate2::read::GzDecoder::new(zipped.as_slice()).read_to_string(&mut back).unwrap();
        assert_eq!(back, text);
    }

    #[test]
    fn a_browser_that_refuses_gzip_gets_none() {
        let wants = |value: &'static str| {
            is_wanted(
                &[(header::ACCEPT_ENCODING, header::HeaderValue::from_static(value))].into_iter().collect(),
            )
        };
        assert!(wants("gzip, deflate, br") && wants("br;q=1.0, GZIP;q=0.5"));
        assert!(!wants("gzip;q=0, br") && !wants("br") && !wants(""));
    }
}
