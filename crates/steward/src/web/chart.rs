//! Geometry of charts: data in, coordinates out. Templates draw it as SVG, which scales; numbers are units of a view box.
//! Pure.

/// A length or place, to a tenth of a unit: finer is not seen, and shorter pages travel faster.
fn tenth(value: f64) -> f64 {
    if value.is_finite() { (value * 10.0).round() / 10.0 } else { 0.0 }
}

/// A scale of counts from zero: where its marks stand and what it ends at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    pub top: i64,
    pub marks: Vec<i64>,
}

impl Counts {
    /// About `marks` steps of 1, 2 or 5 times a power of ten up to the largest value or a little beyond.
    pub fn up_to(largest: i64, marks: i64) -> Counts {
        let largest = largest.max(1);
        let wanted = largest / marks.max(1) + i64::from(largest % marks.max(1) > 0);
        let steps = (0..19).flat_map(|power| {
            let ten = 10_i64.pow(power);
            [1, 2, 5].map(|step| ten.saturating_mul(step))
        });
        let step = steps.into_iter().find(|step| *step >= wanted).unwrap_or(i64::MAX);
        let count = largest / step + i64::from(largest % step > 0);
        let marks: Vec<i64> = (0..=count).map(|n| step.saturating_mul(n)).collect();
        Counts { top: marks.last().copied().unwrap_or(step), marks }
    }

    /// A value as a share of the scale, 0 to 1.
    fn share(&self, value: i64) -> f64 {
        share(value, self.top)
    }
}

/// A part of a whole, 0 to 1; 0 of nothing.
pub fn share(part: i64, whole: i64) -> f64 {
    if whole <= 0 { 0.0 } else { (part.max(0) as f64 / whole as f64).min(1.0) }
}

/// A bar of 100 units: how long it is for a value where the largest fills it. What is not nothing is seen.
pub fn bar(value: i64, largest: i64) -> f64 {
    let length = tenth(100.0 * share(value, largest));
    if value > 0 { length.max(1.0) } else { 0.0 }
}

/// Bars behind each other that fill 100 units: where each begins and how long it is.
pub fn stack<const N: usize>(parts: [i64; N]) -> [(f64, f64); N] {
    let whole = parts.iter().fold(0_i64, |sum, part| sum.saturating_add((*part).max(0)));
    let mut before = 0_i64;
    parts.map(|part| {
        let from = tenth(100.0 * share(before, whole));
        before = before.saturating_add(part.max(0));
        (from, tenth(100.0 * share(before, whole) - from))
    })
}

/// A value with its interval on a scale of 100 units.
#[derive(Debug, Clone, PartialEq)]
pub struct Whisker {
    pub at: f64,
    pub low: f64,
    /// From low to high; none without an interval.
    pub length: Option<f64>,
}

impl Whisker {
    pub fn of(value: f64, bounds: Option<(f64, f64)>, scale: (f64, f64)) -> Whisker {
        let place = |value: f64| 100.0 * ((value - scale.0) / (scale.1 - scale.0)).clamp(0.0, 1.0);
        let (low, high) = bounds.unwrap_or((value, value));
        Whisker {
            at: tenth(place(value)),
            low: tenth(place(low)),
            length: bounds.map(|_| tenth(place(high) - place(low))),
        }
    }
}

/// What is counted of one stretch of time: bars, and a line before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub bar: i64,
    pub line: i64,
}

/// A chart of time: a slot for each stretch, with a bar and a point of the line.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    pub width: f64,
    pub height: f64,
    /// Where the plot begins and ends.
    pub left: f64,
    pub right: f64,
    pub bottom: f64,
    pub marks: Vec<Mark>,
    pub slots: Vec<Slot>,
    /// The line, as `points` of a polyline.
    pub line: String,
    /// Every how many slots there is room for a label.
    pub labelled: usize,
}

/// A line of the grid with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    pub y: f64,
    pub value: i64,
}

/// One stretch of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    pub x: f64,
    pub width: f64,
    pub middle: f64,
    pub bar_x: f64,
    pub bar_width: f64,
    pub bar_y: f64,
    pub bar_height: f64,
    pub point_y: f64,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;
/// Room for the numbers beside the plot, and for what stands above and below it.
const LEFT: f64 = 44.0;
const ABOVE: f64 = 8.0;
const BELOW: f64 = 22.0;
/// The widest bar.
const WIDEST: f64 = 40.0;
/// Labels below the plot at most.
const LABELS: usize = 8;

impl Trend {
    pub fn of(counted: &[Counted]) -> Trend {
        let largest = counted.iter().map(|of| of.bar.max(of.line)).max().unwrap_or(0);
        let scale = Counts::up_to(largest, 4);
        let (bottom, plot) = (HEIGHT - BELOW, HEIGHT - BELOW - ABOVE);
        let y = |value: i64| tenth(bottom - plot * scale.share(value));
        let width = (WIDTH - LEFT) / counted.len().max(1) as f64;
        let slot = |(n, of): (usize, &Counted)| {
            let x = LEFT + width * n as f64;
            let bar_width = (width * 0.7).min(WIDEST);
            // What is not nothing is seen.
            let bar_y = if of.bar > 0 { y(of.bar).min(bottom - 1.0) } else { bottom };
            Slot {
                x: tenth(x),
                width: tenth(width),
                middle: tenth(x + width / 2.0),
                bar_x: tenth(x + (width - bar_width) / 2.0),
                bar_width: tenth(bar_width),
                bar_y,
                bar_height: tenth(bottom - bar_y),
                point_y: y(of.line),
            }
        };
        let slots: Vec<Slot> = counted.iter().enumerate().map(slot).collect();
        let points: Vec<String> =
            slots.iter().map(|slot| format!("{},{}", slot.middle, slot.point_y)).collect();
        Trend {
            width: WIDTH,
            height: HEIGHT,
            left: LEFT,
            right: WIDTH,
            bottom,
            marks: scale.marks.iter().map(|value| Mark { y: y(*value), value: *value }).collect(),
            line: points.join(" "),
            labelled: counted.len().div_ceil(LABELS).max(1),
            slots,
        }
    }

    /// Whether the points of the line are apart enough to be drawn.
    pub fn has_points(&self) -> bool {
        self.slots.len() <= 31
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_have_round_marks_and_hold_the_largest_value() {
        for (largest, marks) in [
            (0, vec![0, 1]),
            (-5, vec![0, 1]),
            (1, vec![0, 1]),
            (3, vec![0, 1, 2, 3]),
            (5, vec![0, 2, 4, 6]),
            (17, vec![0, 5, 10, 15, 20]),
            (100, vec![0, 50, 100]),
            (1_234, vec![0, 500, 1000, 1500]),
        ] {
            let scale = Counts::up_to(largest, 4);
            assert_eq!(scale.marks, marks, "{largest}");
            assert_eq!(Some(&scale.top), scale.marks.last());
        }
        for largest in [7, 99, 10_001, 123_456_789, 1_000_000_000_000_000_000, i64::MAX - 1, i64::MAX] {
            let scale = Counts::up_to(largest, 4);
            assert!(scale.top >= largest && scale.marks.len() <= 6, "{largest}: {scale:?}");
            assert!(scale.marks.is_sorted());
        }
    }

    #[test]
    fn bars_are_seen_where_there_is_something() {
        assert_eq!((bar(0, 0), bar(0, 9), bar(-3, 9)), (0.0, 0.0, 0.0));
        assert_eq!((bar(9, 9), bar(3, 9)), (100.0, 33.3));
        assert_eq!(bar(1, 1_000_000), 1.0);
        assert_eq!(bar(12, 9), 100.0);
    }

    #[test]
    fn stacked_bars_fill_the_width() {
        assert_eq!(stack([1, 1, 2]), [(0.0, 25.0), (25.0, 25.0), (50.0, 50.0)]);
        assert_eq!(stack([0, 0]), [(0.0, 0.0), (0.0, 0.0)]);
        let thirds = stack([1, 1, 1]);
        assert_eq!(thirds[2].0 + thirds[2].1, 100.0);
        assert_eq!(stack([i64::MAX, i64::MAX])[1].1, 0.0);
    }

    #[test]
    fn whiskers_stay_within_their_scale() {
        let of = |value, bounds| Whisker::of(value, bounds, (1.0, 5.0));
        assert_eq!(of(3.0, Some((2.0, 4.0))), Whisker { at: 50.0, low: 25.0, length: Some(50.0) });
        assert_eq!(of(9.0, Some((-3.0, 9.0))), Whisker { at: 100.0, low: 0.0, length: Some(100.0) });
        assert_eq!(of(1.0, None).length, None);
    }

    fn counted(values: &[(i64, i64)]) -> Vec<Counted> {
        values.iter().map(|(bar, line)| Counted { bar: *bar, line: *line }).collect()
    }

    #[test]
    fn a_trend_lies_within_its_box() {
        let random = (0..92).map(|n| (n * 37 % 41, n * 53 % 61)).collect::<Vec<_>>();
        for values in
            [vec![], vec![(0, 0)], vec![(5, 3)], random, vec![(0, 0); 31], vec![(i64::MAX, 0), (1, i64::MAX)]]
        {
            let trend = Trend::of(&counted(&values));
            assert_eq!(trend.slots.len(), values.len());
            for (slot, (bar, _)) in trend.slots.iter().zip(&values) {
                assert!(slot.x >= trend.left && slot.x + slot.width <= trend.width + 0.1, "{slot:?}");
                assert!(slot.bar_x >= slot.x && slot.bar_x + slot.bar_width <= slot.x + slot.width + 0.1);
                assert!((0.0..=trend.bottom).contains(&slot.bar_y) && slot.bar_height >= 0.0, "{slot:?}");
                assert!((0.0..=trend.bottom).contains(&slot.point_y));
                assert_eq!(slot.bar_height == 0.0, *bar == 0, "{slot:?}");
            }
            assert!(trend.marks.first().is_some_and(|mark| mark.y == trend.bottom && mark.value == 0));
            assert!(trend.marks.iter().all(|mark| mark.y >= 0.0));
            assert!(!trend.line.contains("NaN") && !trend.line.contains("inf"), "{}", trend.line);
            assert!(trend.slots.len().div_ceil(trend.labelled) <= LABELS);
        }
        assert_eq!(Trend::of(&counted(&[(1, 1)])).slots[0].bar_width, WIDEST);
    }
}
