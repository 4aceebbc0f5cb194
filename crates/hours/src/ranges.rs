//! Sets of instants, as sorted lists of half-open ranges that neither overlap nor touch.

/// The instants from `from` up to but not including `to`, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Range {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Range {
    pub(crate) fn is_empty(self) -> bool {
        self.to <= self.from
    }

    pub(crate) fn clip(self, from: i64, to: i64) -> Self {
        Self { from: self.from.max(from), to: self.to.min(to) }
    }
}

/// The set of all instants in any of `ranges`, which may come in any order.
pub(crate) fn union(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_unstable();
    let mut set: Vec<Range> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match set.last_mut() {
            Some(last) if range.from <= last.to => last.to = last.to.max(range.to),
            _ => set.push(range),
        }
    }
    set
}

/// The instants of `set` that are in none of `holes`. Both are sorted; the ranges of `holes` may touch.
pub(crate) fn difference(set: &[Range], holes: &[Range]) -> Vec<Range> {
    let mut rest = Vec::with_capacity(set.len());
    let mut passed = 0;
    for range in set {
        // A hole may reach into the next range as well, so only those that end before this one are left
        // behind.
        while holes.get(passed).is_some_and(|hole| hole.to <= range.from) {
            passed += 1;
        }
        let mut from = range.from;
        for hole in holes[passed..].iter().take_while(|hole| hole.from < range.to) {
            rest.push(Range { from, to: hole.from });
            from = hole.to;
        }
        rest.push(Range { from, to: range.to });
    }
    rest.retain(|range| !range.is_empty());
    rest
}

/// The ranges of a sorted set that share an instant with `from..to`.
pub(crate) fn touching(set: &[Range], from: i64, to: i64) -> &[Range] {
    let first = set.partition_point(|range| range.to <= from);
    let end = set.partition_point(|range| range.from < to);
    &set[first..end.max(first)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ranges: &[(i64, i64)]) -> Vec<Range> {
        ranges.iter().map(|&(from, to)| Range { from, to }).collect()
    }

    #[test]
    fn union_sorts_and_joins_what_overlaps_or_touches() {
        let joined = union(set(&[(20, 30), (0, 5), (5, 9), (22, 25), (29, 31), (40, 40), (50, 45)]));
        assert_eq!(joined, set(&[(0, 9), (20, 31)]));
    }

    #[test]
    fn difference_cuts_holes_at_the_edges_in_the_middle_and_across_ranges() {
        let rest = difference(
            &set(&[(0, 10), (20, 30), (40, 50), (60, 70)]),
            &set(&[(3, 4), (8, 22), (25, 26), (26, 27), (40, 50)]),
        );
        assert_eq!(rest, set(&[(0, 3), (4, 8), (22, 25), (27, 30), (60, 70)]));
    }

    #[test]
    fn touching_takes_only_what_shares_an_instant() {
        let days = set(&[(0, 10), (20, 30), (40, 50)]);
        assert_eq!(touching(&days, 10, 20), &[]);
        assert_eq!(touching(&days, 9, 21), &days[..2]);
        assert_eq!(touching(&days, 50, 90), &[]);
    }
}
