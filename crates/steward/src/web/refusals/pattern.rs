//! A sentence with places that anything may fill: `there is no case {case_id}`, as format strings have them.

/// The literal texts, and between each two of them what a place is called and how it is marked.
#[derive(Debug)]
pub struct Pattern {
    literals: Vec<String>,
    places: Vec<Place>,
}

/// A place: `{name}`, `{name:mark}`. Those without a name are called `1`, `2` and so on.
#[derive(Debug)]
pub struct Place {
    pub name: String,
    pub mark: String,
}

impl Pattern {
    /// Braces that hold anything but a name and a mark are text, as in `{"percent": n}`.
    pub fn parse(text: &str) -> Pattern {
        let (mut literals, mut places, mut unnamed) = (vec![String::new()], Vec::new(), 0);
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, after) = rest.split_at(at);
            let literal = literals.last_mut().expect("there is always one");
            literal.push_str(before);
            let Some((name, mark, after)) = place(after) else {
                literal.push('{');
                rest = &after[1..];
                continue;
            };
            let name = match name {
                "" => {
                    unnamed += 1;
                    unnamed.to_string()
                }
                name => name.to_owned(),
            };
            places.push(Place { name, mark: mark.to_owned() });
            literals.push(String::new());
            rest = after;
        }
        literals.last_mut().expect("there is always one").push_str(rest);
        Pattern { literals, places }
    }

    pub fn literals(&self) -> &[String] {
        &self.literals
    }

    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// How much of it is said, whatever fills it.
    pub fn weight(&self) -> usize {
        self.literals.iter().map(String::len).sum()
    }

    /// What fills the places in a text; `None` for one that is another sentence. Where a literal stands in the text more
    /// than once the last one counts: what comes last is mostly an id. One pass over the text, from its end.
    pub fn fillings<'a>(&self, text: &'a str) -> Option<Vec<&'a str>> {
        let (first, rest) = self.literals.split_first()?;
        let Some((last, middle)) = rest.split_last() else { return (text == first).then(Vec::new) };
        let mut left = text.strip_prefix(first.as_str())?.strip_suffix(last.as_str())?;
        let mut found = Vec::with_capacity(self.places.len());
        for literal in middle.iter().rev() {
            let at = left.rfind(literal.as_str())?;
            found.push(&left[at + literal.len()..]);
            left = &left[..at];
        }
        found.push(left);
        found.reverse();
        Some(found)
    }
}

/// The name and the mark of what begins with a brace, and what comes after it.
fn place(text: &str) -> Option<(&str, &str, &str)> {
    let (inner, after) = text.strip_prefix('{')?.split_once('}')?;
    let (name, mark) = inner.split_once(':').unwrap_or((inner, ""));
    let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let is_mark = mark.chars().all(|c| c.is_alphanumeric() || "?.#<>^$*+".contains(c));
    (is_name && is_mark).then_some((name, mark, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_fills_the_places_of_its_sentence() {
        for (pattern, text, filled) in [
            ("there is no case {id}", "there is no case 7", Some(vec!["7"])),
            (
                "there is no active {what} {id}",
                "there is no active case type 7",
                Some(vec!["case type", "7"]),
            ),
            ("{tag:?} is long", "\"a is long\" is long", Some(vec!["\"a is long\""])),
            ("from {} to {}", "from 1 to 2", Some(vec!["1", "2"])),
            ("is wrong", "is wrong", Some(vec![])),
            ("is wrong", "is wrong too", None),
            ("a{x}a", "a", None),
            ("is to be {\"percent\": n}", "is to be {\"percent\": n}", Some(vec![])),
        ] {
            assert_eq!(Pattern::parse(pattern).fillings(text), filled, "{pattern}: {text}");
        }
    }
}
