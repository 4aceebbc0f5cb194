//! Addresses: made from titles, unique for good. A slug that once led to an article leads there for ever.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::error::{Error, Result};
use crate::work::Work;

/// Characters of a slug before a number is added.
const LONGEST: usize = 80;

/// The slug of a title: letters and digits of any script, lower-cased, Latin ones without their accents, hyphens
/// between. `None` where there is neither letter nor digit.
pub fn slug_of(title: &str) -> Option<String> {
    let mut slug = String::new();
    let (mut letters, mut gap) = (0, false);
    let mut after_latin = false;
    for c in title.nfkd().flat_map(char::to_lowercase) {
        if is_combining_mark(c) {
            // Marks of other scripts are letters of their words; an accent is not.
            if !after_latin && !slug.is_empty() && !gap {
                slug.push(c);
            }
            continue;
        }
        after_latin = c.is_ascii_alphabetic();
        if !c.is_alphanumeric() {
            // An apostrophe is inside a word.
            gap |= !matches!(c, '\'' | '\u{2019}');
            continue;
        }
        if letters == LONGEST {
            break;
        }
        if gap && !slug.is_empty() {
            slug.push('-');
        }
        gap = false;
        letters += 1;
        slug.push(c);
    }
    let slug: String = slug.nfc().collect();
    (!slug.is_empty()).then_some(slug)
}

/// Whether a slug was made from that title, perhaps with a number after it.
fn is_made_from(slug: &str, title: &str) -> bool {
    let Some(made) = slug_of(title) else { return true };
    slug.strip_prefix(&made).is_some_and(|rest| {
        let digits = rest.strip_prefix('-').unwrap_or("0");
        rest.is_empty()
            || (rest.starts_with('-') && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    })
}

/// Gives an article its address. One that was chosen is kept until another is; one made from the title follows the
/// title. The former address goes on leading here if anybody may have seen it.
///
/// # Errors
/// 422 naming `/slug` where another article has, or had, the address that was chosen.
pub fn give(
    work: &mut Work,
    article_id: i64,
    present: Option<(&str, &str)>,
    title: &str,
    chosen: Option<&str>,
) -> Result<String> {
    if let Some(chosen) = chosen {
        return if take(work, article_id, chosen)? {
            Ok(chosen.to_owned())
        } else {
            Err(Error::field("slug", format!("{chosen:?} is, or was, the address of another article")))
        };
    }
    if let Some((slug, former_title)) = present
        && (former_title == title || !is_made_from(slug, former_title))
    {
        return Ok(slug.to_owned());
    }
    let made = slug_of(title).unwrap_or_else(|| format!("kb-{article_id}"));
    if take(work, article_id, &made)? {
        return Ok(made);
    }
    // With the article's own id the second try is free, or the third: only a chosen address can be in the way.
    for tail in [String::new(), "-2".into(), "-3".into(), "-4".into()] {
        let numbered = format!("{made}-{article_id}{tail}");
        if take(work, article_id, &numbered)? {
            return Ok(numbered);
        }
    }
    Err(Error::Conflict("every address like this title is taken: name a `slug`".into()))
}

/// The article that an address leads to, or led to.
pub fn find(work: &mut Work, slug: &str) -> Result<i64> {
    let known: Option<(i64,)> =
        work.optional("select article_id from crm_kb_slugs where slug = $1", &[&slug])?;
    known.map(|(id,)| id).ok_or(Error::NotFound("article"))
}

/// Takes a slug for an article; answers whether it is its own now.
fn take(work: &mut Work, article_id: i64, slug: &str) -> Result<bool> {
    let now = work.now;
    work.execute(
        "insert into crm_kb_slugs (slug, article_id, created_at) values ($1, $2, $3) on conflict do nothing",
        &[&slug, &article_id, &now],
    )?;
    let (owner,): (i64,) = work.one("select article_id from crm_kb_slugs where slug = $1", &[&slug])?;
    Ok(owner == article_id)
}

/// Gives back all addresses but the present one: nobody has seen the article yet.
pub fn forget_others(work: &mut Work, article_id: i64, slug: &str) -> Result<()> {
    work.execute("delete from crm_kb_slugs where article_id = $1 and slug <> $2", &[&article_id, &slug])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slugs_are_readable_in_any_script() {
        let slug = |title| slug_of(title).unwrap_or_default();
        assert_eq!(slug("How to Reset Password"), "how-to-reset-password");
        assert_eq!(slug("  Café: l'addition?! "), "cafe-laddition");
        assert_eq!(slug("Größe & Maße 2.0"), "große-maße-2-0");
        assert_eq!(slug("パスワードを忘れた"), "パスワードを忘れた");
        assert_eq!(slug("نسيت كلمة المرور"), "نسيت-كلمة-المرور");
        assert_eq!(slug_of("?!"), None);
        assert_eq!(slug(&"a".repeat(500)).len(), LONGEST);
    }

    #[test]
    fn a_number_after_it_does_not_make_it_chosen() {
        assert!(is_made_from("reset-password-12", "Reset password"));
        assert!(is_made_from("reset-password", "Reset password"));
        assert!(!is_made_from("reset-password-now", "Reset password"));
        assert!(!is_made_from("reset", "Reset password"));
        assert!(!is_made_from("reset-password-", "Reset password"));
    }

    proptest! {
        #[test]
        fn a_slug_needs_no_escape_but_for_its_letters(title in ".{0,120}") {
            let slug = slug_of(&title).unwrap_or_default();
            prop_assert!(!slug.contains(['/', '?', '#', '%', ' ', '<', '"', '\\']), "{slug}");
        }
    }
}
