//! How sure a figure is: 95% intervals. Pure.
//!
//! - Shares: the score interval of Wilson (1927), "Probable inference, the law of succession, and statistical inference",
//!   J. American Statistical Association 22:209-212. It stays within 0 and 1 and holds for few answers.
//! - Means: Student (1908), "The probable error of a mean", Biometrika 6:1-25: mean +- t * s / sqrt(n) with n - 1 degrees
//!   of freedom; with many answers t is the normal quantile. None for fewer than two answers.
//! - NPS: promoters and detractors are two cells of one multinomial, so the variance of the difference of their shares is
//!   (p + d - (p - d)^2) / n: Rocks (2016), "Interval Estimation for the Net Promoter Score", The American Statistician
//!   70:365-372 (the Wald interval there). None for fewer than two answers.

use schemars::JsonSchema;
use serde::Serialize;

/// The 97.5% quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// The 97.5% quantiles of Student's t for 1 to 30 degrees of freedom.
const T: [f64; 30] = [
    12.706_205, 4.302_653, 3.182_446, 2.776_445, 2.570_582, 2.446_912, 2.364_624, 2.306_004, 2.262_157,
    2.228_139, 2.200_985, 2.178_813, 2.160_369, 2.144_787, 2.131_450, 2.119_905, 2.109_816, 2.100_922,
    2.093_024, 2.085_963, 2.079_614, 2.073_873, 2.068_658, 2.063_899, 2.059_539, 2.055_529, 2.051_831,
    2.048_407, 2.045_230, 2.042_272,
];

/// Bounds of a 95% interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// The 97.5% quantile of t; beyond the table by the expansion of Cornish and Fisher (Abramowitz and Stegun 26.7.5), right
/// to five digits there.
fn t_quantile(freedom: u64) -> f64 {
    let known = usize::try_from(freedom).ok().and_then(|freedom| T.get(freedom.checked_sub(1)?));
    known.copied().unwrap_or_else(|| {
        let n = freedom.max(1) as f64;
        let (z3, z5) = (Z.powi(3), Z.powi(5));
        Z + (z3 + Z) / (4.0 * n) + (5.0 * z5 + 16.0 * z3 + 3.0 * Z) / (96.0 * n * n)
    })
}

/// The interval of a share `hits / of`, each from 0 to 1; none where nobody was asked.
pub fn share_interval(hits: u64, of: u64) -> Option<Interval> {
    if of == 0 {
        return None;
    }
    let (n, p) = (of as f64, hits.min(of) as f64 / of as f64);
    let denominator = 1.0 + Z * Z / n;
    let centre = p + Z * Z / (2.0 * n);
    let margin = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some(Interval {
        low: ((centre - margin) / denominator).max(0.0),
        high: ((centre + margin) / denominator).min(1.0),
    })
}

/// What a rating question was answered, by its points.
#[derive(Debug, Clone, Default)]
pub struct Tally(pub std::collections::BTreeMap<i64, u64>);

impl Tally {
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    pub fn mean(&self) -> Option<f64> {
        let sum: f64 = self.0.iter().map(|(value, count)| *value as f64 * *count as f64).sum();
        (self.count() > 0).then(|| sum / self.count() as f64)
    }

    /// The middle answer, or the mean of the two in the middle.
    pub fn median(&self) -> Option<f64> {
        let count = self.count();
        let at = |rank: u64| {
            let mut seen = 0;
            self.0.iter().find_map(|(value, count)| {
                seen += count;
                (seen > rank).then_some(*value as f64)
            })
        };
        Some((at(count.checked_sub(1)? / 2)? + at(count / 2)?) / 2.0)
    }

    /// The interval of the mean, cut to the scale.
    pub fn mean_interval(&self, min: i64, max: i64) -> Option<Interval> {
        let (n, mean) = (self.count(), self.mean()?);
        if n < 2 {
            return None;
        }
        let squares: f64 =
            self.0.iter().map(|(value, count)| (*value as f64 - mean).powi(2) * *count as f64).sum();
        let deviation = (squares / (n - 1) as f64).sqrt();
        let margin = t_quantile(n - 1) * deviation / (n as f64).sqrt();
        Some(Interval { low: (mean - margin).max(min as f64), high: (mean + margin).min(max as f64) })
    }
}

/// The net promoter score: percent of promoters (9-10) less percent of detractors (0-6), from -100 to 100.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Nps {
    pub score: f64,
    pub interval: Option<Interval>,
    pub promoters: u64,
    pub passives: u64,
    pub detractors: u64,
}

impl Nps {
    /// None where nobody has answered.
    pub fn of(tally: &Tally) -> Option<Nps> {
        let within = |from: i64, to: i64| tally.0.range(from..=to).map(|(_, count)| count).sum::<u64>();
        let (detractors, passives, promoters) = (within(0, 6), within(7, 8), within(9, 10));
        let n = (detractors + passives + promoters) as f64;
        if n == 0.0 {
            return None;
        }
        let (p, d) = (promoters as f64 / n, detractors as f64 / n);
        let difference = p - d;
        let margin = Z * ((p + d - difference * difference).max(0.0) / n).sqrt();
        let interval = (n >= 2.0).then(|| Interval {
            low: (100.0 * (difference - margin)).max(-100.0),
            high: (100.0 * (difference + margin)).min(100.0),
        });
        Some(Nps { score: 100.0 * difference, interval, promoters, passives, detractors })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 5e-4
    }

    fn tally(values: &[i64]) -> Tally {
        let mut tally = Tally::default();
        for value in values {
            *tally.0.entry(*value).or_default() += 1;
        }
        tally
    }

    #[test]
    fn wilson_is_as_published() {
        // Newcombe (1998), Statistics in Medicine 17:857-872, table I, method 3.
        for (hits, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let interval = share_interval(hits, of).unwrap();
            assert!(near(interval.low, low) && near(interval.high, high), "{hits}/{of}: {interval:?}");
        }
        assert_eq!(share_interval(0, 0), None);
        assert!(near(share_interval(20, 20).unwrap().high, 1.0));
    }

    #[test]
    fn the_quantile_of_t_goes_on_smoothly_and_ends_at_the_normal() {
        for (freedom, expected) in
            [(1, 12.7062), (9, 2.2622), (30, 2.0423), (31, 2.0395), (60, 2.0003), (120, 1.9799)]
        {
            assert!(near(t_quantile(freedom), expected), "{freedom}: {}", t_quantile(freedom));
        }
        assert!(near(t_quantile(1_000_000), Z));
    }

    #[test]
    fn a_mean_has_its_margin() {
        // 2 4 4 4 5 5 7 9: mean 5, s = sqrt(32/7), t(7) = 2.3646.
        let tally = tally(&[2, 4, 4, 4, 5, 5, 7, 9]);
        let interval = tally.mean_interval(0, 10).unwrap();
        let margin = 2.364_624 * (32.0_f64 / 7.0).sqrt() / 8.0_f64.sqrt();
        assert_eq!((tally.mean(), tally.median()), (Some(5.0), Some(4.5)));
        assert!(near(interval.low, 5.0 - margin) && near(interval.high, 5.0 + margin));
        assert_eq!(self::tally(&[3]).mean_interval(1, 5), None);
        assert_eq!(self::tally(&[]).median(), None);
    }

    #[test]
    fn nps_is_the_difference_of_two_shares_of_one_whole() {
        let nps = Nps::of(&tally(&[10, 9, 9, 8, 7, 6, 0, 10, 3, 9])).unwrap();
        assert_eq!((nps.promoters, nps.passives, nps.detractors), (5, 2, 3));
        // Wald: 0.2 +- 1.96 * sqrt((0.8 - 0.04) / 10).
        let interval = nps.interval.unwrap();
        assert!(
            near(nps.score, 20.0) && near(interval.low, -34.0324) && near(interval.high, 74.0324),
            "{nps:?}"
        );
        assert_eq!(Nps::of(&tally(&[])), None);
        assert_eq!(Nps::of(&tally(&[10, 10])).unwrap().interval, Some(Interval { low: 100.0, high: 100.0 }));
    }
}
