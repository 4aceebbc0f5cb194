//! Made-up words: some hundred common ones and twenty thousand others, each rarer than the one before it, so that an
//! index of them looks like one of real cases.

const COMMON: &str = "the to and we a of in is on not it our for after update with this that when customer error \
    have login page invoice account please email cannot since order screen printer yesterday password version open \
    app data export report user team message sync device payment server crash slow restart install browser file \
    upload download license network settings contract delivery refund mobile backup search filter field button \
    admin access reset calendar meeting import template address phone connection timeout certificate domain queue \
    webhook dashboard chart total currency discount renewal trial seat workspace folder permission audit archive";
const SYLLABLES: [&str; 28] = [
    "ba", "cor", "den", "fi", "gal", "hu", "ir", "ja", "kel", "lo", "mi", "nor", "op", "pa", "qui", "ra",
    "sil", "ta", "um", "ve", "wo", "xa", "yo", "zen", "tri", "plu", "sto", "gre",
];
const OTHERS: f64 = 20_000.0;
const TAGS: [&str; 12] = [
    "vip",
    "billing",
    "mobile",
    "regression",
    "windows",
    "linux",
    "urgent",
    "api",
    "export",
    "login",
    "beta",
    "churn",
];

/// A word that one case in five thousand has.
pub const RARE: &str = " quokka";
/// A word that about every third case has.
pub const FREQUENT: &str = "update";

fn word(random: &mut fastrand::Rng, text: &mut String) {
    let common = random.u32(0..100) < 70;
    let skewed = random.f64() * random.f64() * random.f64();
    if common {
        let at = (skewed.sqrt() * 110.0) as usize;
        text.push_str(COMMON.split_whitespace().nth(at).unwrap_or("the"));
        return;
    }
    let mut number = (skewed * OTHERS) as usize;
    loop {
        text.push_str(SYLLABLES[number % SYLLABLES.len()]);
        number /= SYLLABLES.len();
        if number == 0 {
            return;
        }
    }
}

/// About so many words, in sentences.
pub fn sentences(random: &mut fastrand::Rng, words: usize) -> String {
    let words = random.usize(words / 2..words * 3 / 2);
    let mut text = String::with_capacity(words * 7);
    for number in 1..=words {
        word(random, &mut text);
        text.push_str(match number % 9 {
            0 => ". ",
            _ => " ",
        });
    }
    text.truncate(text.trim_end().len());
    text
}

pub fn subject(random: &mut fastrand::Rng) -> String {
    let mut text = String::new();
    for number in 0..random.u32(3..9) {
        if number > 0 {
            text.push(' ');
        }
        word(random, &mut text);
    }
    text
}

pub fn name(random: &mut fastrand::Rng) -> String {
    let mut part = || {
        let (first, second) = (random.usize(0..SYLLABLES.len()), random.usize(0..SYLLABLES.len()));
        let mut part = format!("{}{}n", SYLLABLES[first], SYLLABLES[second]);
        part[..1].make_ascii_uppercase();
        part
    };
    format!("{} {}", part(), part())
}

/// None to two different ones.
pub fn tags(random: &mut fastrand::Rng) -> impl Iterator<Item = &'static str> + use<> {
    let (first, count) = (random.usize(0..TAGS.len()), random.usize(0..3));
    (0..count).map(move |number| TAGS[(first + number * 5) % TAGS.len()])
}
