//! How the index is packed: postings in blocks, three bytes a document; words of a document as variable-length ids.

use super::Edition;

/// Documents of a block.
pub const BLOCK: i64 = 256;
/// Bytes of an entry.
const ENTRY: usize = 3;
const INTERNAL: u8 = 0x80;
/// The greatest weight of a word in a document that is told apart from lesser ones.
const HEAVIEST: f32 = 1000.0;
/// The greatest length of a document that is told apart from lesser ones.
const LONGEST: f32 = 1_000_000.0;

/// One document's part of a word's postings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The document's place in its block.
    pub offset: u8,
    pub is_internal: bool,
    /// The word's weight, on [`weights`]' scale.
    pub weight: u8,
    /// The document's length, on [`lengths`]' scale.
    pub length: u8,
}

pub fn document(article_id: i64, edition: Edition) -> i64 {
    // Plain SQL may have written any id; the greatest share a document rather than stop the program.
    article_id.saturating_mul(2).saturating_add(i64::from(edition == Edition::Draft))
}

/// Block and offset of a document.
pub fn place(document: i64) -> (i64, u8) {
    // Less than 256.
    (document.div_euclid(BLOCK), document.rem_euclid(BLOCK) as u8)
}

/// A word's weight on a logarithmic scale of 7 bits: within 3 in a hundred.
pub fn pack_weight(weight: f32) -> u8 {
    (127.0 * weight.max(0.0).ln_1p() / HEAVIEST.ln_1p()).round().clamp(1.0, 127.0) as u8
}

/// A length in words on a logarithmic scale of 8 bits: within 3 in a hundred.
pub fn pack_length(length: f32) -> u8 {
    (255.0 * length.max(0.0).ln_1p() / LONGEST.ln_1p()).round().clamp(0.0, 255.0) as u8
}

/// What the 7 bits of a weight stand for.
pub fn weights() -> [f32; 128] {
    std::array::from_fn(|packed| (packed as f32 / 127.0 * HEAVIEST.ln_1p()).exp_m1())
}

/// What the 8 bits of a length stand for.
pub fn lengths() -> [f32; 256] {
    std::array::from_fn(|packed| (packed as f32 / 255.0 * LONGEST.ln_1p()).exp_m1())
}

/// The entries of a block, in the order of their offsets.
pub fn read(block: &[u8]) -> impl Iterator<Item = Entry> {
    block.chunks_exact(ENTRY).map(|bytes| Entry {
        offset: bytes[0],
        is_internal: bytes[1] & INTERNAL != 0,
        weight: bytes[1] & !INTERNAL,
        length: bytes[2],
    })
}

fn bytes(entry: Entry) -> [u8; ENTRY] {
    [entry.offset, entry.weight | if entry.is_internal { INTERNAL } else { 0 }, entry.length]
}

/// Sets the entry of a document, or takes it out.
pub fn set(block: &mut Vec<u8>, offset: u8, entry: Option<Entry>) {
    let at =
        block.chunks_exact(ENTRY).position(|bytes| bytes[0] >= offset).unwrap_or(block.len() / ENTRY) * ENTRY;
    let present = block.get(at) == Some(&offset);
    let end = if present { at + ENTRY } else { at };
    match entry {
        Some(entry) => block.splice(at..end, bytes(entry)).for_each(drop),
        None => block.drain(at..end).for_each(drop),
    }
}

/// The words of a document, 0 between its fields.
pub fn pack_words(ids: &[i64]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(ids.len() * 2);
    for id in ids {
        let mut rest = id.unsigned_abs();
        while rest >= 0x80 {
            packed.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        packed.push(rest as u8);
    }
    packed
}

pub fn read_words(packed: &[u8]) -> Vec<i64> {
    let mut ids = Vec::with_capacity(packed.len() / 2);
    let (mut id, mut shift) = (0_i64, 0_u32);
    for byte in packed {
        id |= i64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            ids.push(id);
            (id, shift) = (0, 0);
        } else {
            shift += 7;
        }
    }
    ids
}

/// Bytes as hexadecimal digits: how many of them travel in one JSON parameter.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_block_is_a_map(changes in prop::collection::vec((any::<u8>(), any::<Option<(bool, u8, u8)>>()), 0..200)) {
            let (mut block, mut map) = (Vec::new(), BTreeMap::new());
            for (offset, change) in changes {
                let entry = change.map(|(is_internal, weight, length)| Entry {
                    offset, is_internal, weight: weight & 0x7f, length,
                });
                set(&mut block, offset, entry);
                match entry {
                    Some(entry) => map.insert(offset, entry),
                    None => map.remove(&offset),
                };
            }
            prop_assert_eq!(read(&block).collect::<Vec<_>>(), map.into_values().collect::<Vec<_>>());
        }

        #[test]
        fn words_come_back(ids in prop::collection::vec(0..i64::MAX, 0..50)) {
            prop_assert_eq!(read_words(&pack_words(&ids)), ids);
        }
    }

    #[test]
    fn scales_are_close() {
        for weight in [1.0_f32, 2.0, 3.5, 17.0, 300.0] {
            let back = weights()[usize::from(pack_weight(weight))];
            assert!((back / weight - 1.0).abs() < 0.06, "{weight} {back}");
        }
        for length in [1.0_f32, 10.0, 150.0, 5000.0] {
            let back = lengths()[usize::from(pack_length(length))];
            assert!((back / length - 1.0).abs() < 0.06, "{length} {back}");
        }
        assert_eq!(hex(&[0, 255, 18]), "00ff12");
    }
}
