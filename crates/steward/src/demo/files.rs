//! A few files for the demo: pictures and logs that customers attach to what they say.

use db::Class;
use fastrand::Rng;

use super::SEED;
use crate::app::App;
use crate::cases::Case;
use crate::cases::attachments::Placement;
use crate::error::Result;
use crate::files::{Kept, keep_bytes};
use crate::work::{Actor, Work};

/// Comments that get files.
const COMMENTS: i64 = 8;
/// The side of a picture, in pixels.
const SIDE: u32 = 64;

/// Attaches files to the latest words of customers on open cases, unless the desk has files already.
pub async fn attach(app: &App) -> Result<()> {
    let spoken: Vec<(i64, i64, i64)> = app
        .read(Class::Slow, Actor::System, |work| {
            work.query(
                "select m.case_id, max(m.comment_id) as comment_id, m.contact_id from crm_case_comments m
                 join crm_cases c on c.case_id = m.case_id and c.contact_id = m.contact_id
                 where c.is_open and c.is_listed and m.is_active and not m.is_internal
                     and not exists (select 1 from crm_files)
                 group by m.case_id, m.contact_id order by m.case_id desc limit $1",
                &[&COMMENTS],
            )
        })
        .await?;
    let mut rng = Rng::with_seed(SEED);
    for (number, (case_id, comment_id, contact_id)) in spoken.into_iter().enumerate() {
        let mut kept = keep_bytes(app, "screenshot.png", &picture(&mut rng)).await?;
        if number % 2 == 0 {
            kept.extend(keep_bytes(app, "diagnosis.log", log(&mut rng).as_bytes()).await?);
        }
        let customer = Actor::Contact { id: contact_id, account_id: None, sees_account: false };
        app.write(customer, move |work| attach_to(work, case_id, comment_id, &kept)).await?;
    }
    Ok(())
}

fn attach_to(work: &mut Work, case_id: i64, comment_id: i64, kept: &[Kept]) -> Result<()> {
    let placement = Placement { comment_id: Some(comment_id), is_internal: None };
    Case::take(work, case_id)?.attach(work, placement, kept).map(|_| ())
}

fn log(rng: &mut Rng) -> String {
    (0..40)
        .map(|line| {
            let level = ["INFO", "INFO", "INFO", "WARN", "ERROR"][rng.usize(..5)];
            format!(
                "09:{:02}:{:02} {level} request {line} took {} ms\n",
                line / 4,
                line % 4 * 15,
                rng.u32(3..4000)
            )
        })
        .collect()
}

/// A PNG of coloured stripes: 8 bits of red, green and blue, compressed by not being compressed.
fn picture(rng: &mut Rng) -> Vec<u8> {
    let colours: Vec<[u8; 3]> = (0..8).map(|_| [rng.u8(..), rng.u8(..), rng.u8(..)]).collect();
    let mut pixels = Vec::new();
    for y in 0..SIDE {
        pixels.push(0);
        for x in 0..SIDE {
            pixels.extend_from_slice(&colours[((x + y) / 8 % 8) as usize]);
        }
    }
    let mut header = [SIDE.to_be_bytes(), SIDE.to_be_bytes()].concat();
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", header), (b"IDAT", stored(&pixels)), (b"IEND", Vec::new())] {
        png.extend_from_slice(&(data.len() as u32).to_be_bytes());
        let checked = [&kind[..], &data].concat();
        png.extend_from_slice(&checked);
        png.extend_from_slice(&crc(&checked).to_be_bytes());
    }
    png
}

/// A zlib stream of one stored block (RFC 1950, 1951), which holds up to 65,535 bytes.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len() as u16;
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend_from_slice(&length.to_le_bytes());
    stream.extend_from_slice(&(!length).to_le_bytes());
    stream.extend_from_slice(bytes);
    let (a, b) = bytes.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    stream.extend_from_slice(&(b << 16 | a).to_be_bytes());
    stream
}

/// CRC-32 as PNG has it.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_sums_are_those_of_the_formats() {
        assert_eq!(crc(b"IEND"), 0xae42_6082);
        assert!(stored(b"Wikipedia").ends_with(&0x11e6_0398_u32.to_be_bytes()));
        assert!(picture(&mut Rng::with_seed(1)).len() < 65_535);
    }
}
