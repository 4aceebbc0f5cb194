//! Names of files as they are kept: one harmless component of a path on any system, in any script (spec 4).

use unicode_normalization::UnicodeNormalization;

/// Characters of a name, at most; the column takes no more.
const MOST: usize = 255;
/// Characters of an extension that survives a cut.
const EXTENSION: usize = 16;
/// What stands for a name of which nothing is left.
const NAMELESS: &str = "file";
/// Devices of Windows, which may not be written to whatever the extension.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
    "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// A name that a client sent, made harmless: without folders, without what cannot be seen or turns the reading
/// direction, composed (NFC), at most 255 characters with its extension kept.
pub fn harmless(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last.nfc().filter(|c| !is_hidden(*c)).map(replaced).collect();
    // Windows drops dots and blanks at the end; a dot at the beginning hides the file elsewhere.
    let name = visible.trim().trim_end_matches(['.', ' ']).trim_start_matches(['.', ' ']);
    if name.is_empty() {
        return NAMELESS.into();
    }
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let is_device = DEVICES.iter().any(|device| stem.eq_ignore_ascii_case(device));
    shortened(&if is_device { format!("_{name}") } else { name.to_owned() })
}

/// Controls, and marks of which a reader sees nothing but their effect: direction, joining, byte order.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'
            ..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

/// What a file system or a shell reads as something else.
fn replaced(c: char) -> char {
    if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { c }
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= MOST {
        return name.to_owned();
    }
    let extension = name
        .rsplit_once('.')
        .map(|(_, extension)| extension)
        .filter(|extension| !extension.is_empty() && extension.chars().count() <= EXTENSION);
    match extension {
        Some(extension) => {
            let stem: String = name.chars().take(MOST - 1 - extension.chars().count()).collect();
            format!("{}.{extension}", stem.trim_end_matches(['.', ' ']))
        }
        None => name.chars().take(MOST).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folders_controls_and_marks_go() {
        for (sent, kept) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ana\\photo.png", "photo.png"),
            ("/", "file"),
            ("", "file"),
            ("..", "file"),
            (".htaccess", "htaccess"),
            ("a\r\nb\0c.txt", "abc.txt"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("zero\u{200b}width\u{feff}.txt", "zerowidth.txt"),
            ("con.txt", "_con.txt"),
            ("LPT1", "_LPT1"),
            ("contract.txt", "contract.txt"),
            ("trailing. . ", "trailing"),
            ("what?<b>.html", "what__b_.html"),
            ("u\u{308}ber.txt", "über.txt"),
            ("報告書.pdf", "報告書.pdf"),
            ("تقرير.pdf", "تقرير.pdf"),
        ] {
            assert_eq!(harmless(sent), kept, "{sent:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let kept = harmless(&format!("{}.tar.gz", "x".repeat(300)));
        assert_eq!((kept.chars().count(), kept.ends_with("x.gz")), (255, true), "{kept}");
        assert_eq!(harmless(&"é".repeat(300)).chars().count(), 255);
        assert_eq!(harmless(&format!("a.{}", "b".repeat(300))).chars().count(), 255);
    }

    proptest! {
        #[test]
        fn whatever_is_sent_the_name_is_one_harmless_component(sent in "\\PC{0,400}|.{0,400}") {
            let kept = harmless(&sent);
            prop_assert!((1..=255).contains(&kept.chars().count()));
            prop_assert!(!kept.contains(['/', '\\', '\0', '"']) && !kept.chars().any(is_hidden));
            prop_assert!(kept != "." && kept != "..");
            prop_assert_eq!(harmless(&kept), kept.clone(), "it is kept as it is a second time");
        }
    }
}
