//! Words that nobody wrote, put right: the nearest of the audience's words.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::Audience;
use super::asked::{Question, Word, count};
use crate::error::{Error, Result};
use crate::work::Work;

/// Words of a question that are corrected.
const MOST: usize = 8;
/// Letters of a word that is corrected, and of one where two slips are forgiven.
const SHORTEST: usize = 4;
const LONG: usize = 7;

/// The question with its unknown words put right; `None` where none is near.
pub fn corrected(
    work: &mut Work,
    question: &Question,
    unknown: &[Word],
    audience: Audience,
) -> Result<Option<String>> {
    let wrong: Vec<(&Word, Vec<char>)> = unknown
        .iter()
        .map(|word| (word, word.word.chars().collect::<Vec<_>>()))
        .filter(|(_, letters)| letters.len() >= SHORTEST && letters.iter().all(|c| c.is_alphabetic()))
        .take(MOST)
        .collect();
    if wrong.is_empty() {
        return Ok(None);
    }
    let best = nearest(work, &wrong, audience)?;
    if best.is_empty() {
        return Ok(None);
    }
    let mut text = question.text.clone();
    let mut places: Vec<_> = best.into_iter().map(|(n, (_, term))| (wrong[n].0.span, term)).collect();
    places.sort_unstable_by_key(|((from, _), _)| std::cmp::Reverse(*from));
    for ((from, to), term) in places {
        text.replace_range(from..to, &term);
    }
    Ok(Some(text))
}

type Nearest = HashMap<usize, ((usize, i64), String)>;

/// For each word the nearest term, of equally near ones the commonest. One pass over the vocabulary.
fn nearest(work: &mut Work, wrong: &[(&Word, Vec<char>)], audience: Audience) -> Result<Nearest> {
    let lengths = wrong.iter().map(|(_, letters)| letters.len());
    let shortest = lengths.clone().min().unwrap_or_default().saturating_sub(2);
    let longest = lengths.max().unwrap_or_default() + 2;
    let count = count(audience);
    let mut best = Nearest::new();
    let sql = format!(
        "select term, {count} from crm_kb_terms where {count} > 0 and length(term) between $1 and $2 order by term"
    );
    work.tx.each(&sql, &[&shortest, &longest], |(term, documents): (String, i64)| {
        let letters: Vec<char> = term.chars().collect();
        for (n, (_, word)) in wrong.iter().enumerate() {
            let allowed = if word.len() >= LONG { 2 } else { 1 };
            let Some(distance) = distance(word, &letters, allowed) else { continue };
            let rank = (distance, -documents);
            if best.get(&n).is_none_or(|(other, _)| rank < *other) {
                best.insert(n, (rank, term.clone()));
            }
        }
        Ok::<_, Error>(ControlFlow::Continue(()))
    })?;
    Ok(best)
}

/// How many letters were left out, added, replaced, or swapped with their neighbour, if at most `allowed`.
fn distance(a: &[char], b: &[char], allowed: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > allowed {
        return None;
    }
    let (mut before, mut above): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    for i in 1..=a.len() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i);
        for j in 1..=b.len() {
            let replaced = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut cost = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                cost = cost.min(before[j - 2] + 1);
            }
            row.push(cost);
        }
        if row.iter().all(|cost| *cost > allowed) {
            return None;
        }
        before = std::mem::replace(&mut above, row);
    }
    Some(above[b.len()]).filter(|cost| *cost <= allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        let distance =
            |a: &str, b: &str| distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>(), 2);
        assert_eq!(distance("printer", "printer"), Some(0));
        assert_eq!(distance("pritner", "printer"), Some(1));
        assert_eq!(distance("prnter", "printer"), Some(1));
        assert_eq!(distance("prontter", "printer"), Some(2));
        assert_eq!(distance("xxxnter", "printer"), None);
        assert_eq!(distance("", "ab"), Some(2));
    }
}
