//! The desk's colour. Whatever is chosen, links and buttons stay legible: the colour is darkened for light pages and
//! lightened for dark ones until its contrast is that of WCAG 2.2 AA, 4.5 to 1.

use std::fmt;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::input::{Faults, Field};

/// The least contrast of text.
const LEGIBLE: f64 = 4.5;
/// The grounds that text of this colour stands on, as in `base.css`: `--ground`, `--raised`, `--sunken`.
const LIGHT: [Rgb; 3] = [Rgb([0xff, 0xff, 0xff]), Rgb([0xf5, 0xf6, 0xf8]), Rgb([0xec, 0xee, 0xf2])];
const DARK: [Rgb; 3] = [Rgb([0x14, 0x16, 0x1b]), Rgb([0x1c, 0x1f, 0x26]), Rgb([0x26, 0x2a, 0x33])];
/// The faintest text, `--faint`, which stands on a ground of the colour.
const FAINT_ON_LIGHT: Rgb = Rgb([0x59, 0x61, 0x70]);
const FAINT_ON_DARK: Rgb = Rgb([0xa3, 0xab, 0xba]);
const WHITE: Rgb = Rgb([0xff, 0xff, 0xff]);
const BLACK: Rgb = Rgb([0, 0, 0]);

/// A colour in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rgb([u8; 3]);

impl Rgb {
    /// Relative luminance, 0 to 1 (WCAG 2.2).
    fn luminance(self) -> f64 {
        let linear = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    fn contrast(self, other: Rgb) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// This colour with a share of another, 0 to 1.
    fn mixed(self, other: Rgb, share: f64) -> Rgb {
        let mut parts = self.0;
        for (part, other) in parts.iter_mut().zip(other.0) {
            *part = (f64::from(*part) * (1.0 - share) + f64::from(other) * share).round() as u8;
        }
        Rgb(parts)
    }

    /// The nearest to this colour on the way to another that is legible on all grounds.
    fn legible(self, on: &[Rgb], towards: Rgb) -> Rgb {
        let steps = (0..=100).map(|step| self.mixed(towards, f64::from(step) / 100.0));
        let is_legible = |colour: &Rgb| on.iter().all(|ground| colour.contrast(*ground) >= LEGIBLE);
        steps.into_iter().find(is_legible).unwrap_or(towards)
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// A colour that somebody chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(Rgb);

/// A colour as pages of one sort show it: of text, and of the ground below chosen things.
struct Shade {
    text: Rgb,
    ground: Rgb,
}

impl Colour {
    /// Reads `#2456c9`.
    pub fn parse(text: &str) -> Option<Colour> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Colour(Rgb([part(0)?, part(2)?, part(4)?])))
    }

    fn shade(self, grounds: [Rgb; 3], faint: Rgb, towards: Rgb, share: f64) -> Shade {
        // The ground lets the faintest text be read.
        let base = grounds[0];
        let ground = (0..=100)
            .map(|step| base.mixed(self.0, share * (1.0 - f64::from(step) / 100.0)))
            .find(|ground| faint.contrast(*ground) >= LEGIBLE)
            .unwrap_or(base);
        let on = [grounds[0], grounds[1], grounds[2], ground];
        Shade { text: self.0.legible(&on, towards), ground }
    }

    fn on_light(self) -> Shade {
        self.shade(LIGHT, FAINT_ON_LIGHT, BLACK, 0.1)
    }

    fn on_dark(self) -> Shade {
        self.shade(DARK, FAINT_ON_DARK, WHITE, 0.2)
    }

    /// The colour of links and buttons on light pages, and on dark ones.
    pub fn shown(self) -> (String, String) {
        (self.on_light().text.to_string(), self.on_dark().text.to_string())
    }

    /// The style sheet that gives the pages this colour. It stands outside of all layers, so it prevails.
    pub fn style(self) -> String {
        let (light, dark) = (self.on_light(), self.on_dark());
        format!(
            ":root{{--accent:light-dark({},{});--on-accent:light-dark(#fff,#10131a);--accent-ground:light-dark({},{})}}\n",
            light.text, dark.text, light.ground, dark.ground
        )
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Field for Colour {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let colour = value.as_str().and_then(Colour::parse);
        colour.ok_or_else(|| {
            Faults::one("is to be a colour such as #2456c9: a hash and six hexadecimal digits")
        })
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^#[0-9A-Fa-f]{6}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_the_standard() {
        assert!((BLACK.contrast(WHITE) - 21.0).abs() < 1e-9);
        assert!((Rgb([0x76, 0x76, 0x76]).contrast(WHITE) - 4.54).abs() < 0.01);
        assert_eq!(WHITE.contrast(WHITE), 1.0);
    }

    #[test]
    fn only_six_digits_are_a_colour() {
        assert_eq!(Colour::parse("#2456C9").unwrap().to_string(), "#2456c9");
        for other in ["", "#", "2456c9", "#fff", "#2456c", "#2456c99", "#2456cg", "#+456c9", "#é456c", "red"]
        {
            assert_eq!(Colour::parse(other), None, "{other}");
        }
    }

    #[test]
    fn every_colour_is_legible_in_light_and_in_dark() {
        let parts = [0u8, 0x33, 0x66, 0x80, 0x99, 0xcc, 0xff];
        let count = parts.len();
        for n in 0..count.pow(3) {
            let colour = Colour(Rgb([parts[n % count], parts[n / count % count], parts[n / count / count]]));
            let (light, dark) = (colour.on_light(), colour.on_dark());
            for (shade, grounds, faint, on_accent) in [
                (&light, LIGHT, FAINT_ON_LIGHT, WHITE),
                (&dark, DARK, FAINT_ON_DARK, Rgb([0x10, 0x13, 0x1a])),
            ] {
                for ground in grounds.iter().chain([&shade.ground]) {
                    assert!(
                        shade.text.contrast(*ground) >= LEGIBLE,
                        "{colour} as {} on {ground}",
                        shade.text
                    );
                }
                assert!(faint.contrast(shade.ground) >= LEGIBLE, "{colour}: faint on {}", shade.ground);
                assert!(shade.text.contrast(on_accent) >= LEGIBLE, "{colour}: on {}", shade.text);
            }
        }
    }

    #[test]
    fn a_legible_colour_is_shown_as_it_is() {
        let colour = Colour::parse("#2456c9").unwrap();
        assert_eq!(colour.shown().0, "#2456c9");
        assert!(colour.style().starts_with(":root{--accent:light-dark(#2456c9,#"));
    }
}
