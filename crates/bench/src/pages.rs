//! What the pages of a desk of 100,000 cases cost: how soon the server has one, what travels, when a browser shows it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use browser::{Chromium, Look, Tab};
use serde_json::Value;
use steward::start::Fatal;

use crate::report::Bar;
use crate::{seed, text};

/// A page that is measured.
struct Page {
    name: &'static str,
    /// Where it is for the n-th request, on a desk of so many cases.
    path: fn(i64, i64) -> String,
}

const PAGES: [Page; 6] = [
    Page { name: "list: all open", path: |_, _| "/views/open".into() },
    Page {
        name: "list: an owner's, by due time",
        path: |n, _| format!("/cases?owner_id={}&sort=resolution_due", 2 + n % 25),
    },
    Page { name: "list: search, a rare word", path: |_, _| format!("/cases?search={}", text::RARE.trim()) },
    Page { name: "case", path: |n, cases| format!("/cases/{}", 1 + n * 7919 % cases) },
    Page { name: "dashboard", path: |_, _| "/dashboard".into() },
    Page { name: "new case", path: |_, _| "/cases/new".into() },
];
/// Requests of each page that are timed, after a tenth as many that are not.
const REQUESTS: i64 = 400;
/// First visits and clicks of which the middle one counts.
const VISITS: usize = 9;
/// How long a pointer rests on a link before it is pressed; after 100 ms its page begins to be made ready.
const REST: Duration = Duration::from_millis(400);
/// Between two clicks: whoever opens cases faster than people do is told that their signs of presence are too many.
const BREATH: Duration = Duration::from_secs(1);
/// The start of the story of a page: when the browser has painted the largest thing that it shows.
const LARGEST_PAINT: &str =
    "new Promise(resolve => new PerformanceObserver(list => resolve(list.getEntries().at(-1).startTime))
    .observe({ type: 'largest-contentful-paint', buffered: true }))";
/// Notes when somebody clicks, and when the heading of a page that takes the place of this one in the document has been
/// painted (Element Timing).
const WATCH: &str = "(() => {
    window.painted = null;
    addEventListener('click', event => { sessionStorage.clicked = performance.timeOrigin + event.timeStamp }, { capture: true });
    new MutationObserver(() => document.querySelector('main h1:not([elementtiming])')?.setAttribute('elementtiming', 'heading'))
        .observe(document.querySelector('.desk'), { childList: true });
    new PerformanceObserver(list => { window.painted = list.getEntries().at(-1).renderTime })
        .observe({ type: 'element' });
})()";
/// From a click on the page before to the first paint of this one: of its document, or in the document that was there.
const CLICK_TO_PAINT: &str = "new Promise(resolve => {
    const clicked = Number(sessionStorage.clicked);
    const tell = () => {
        const paint = performance.timeOrigin < clicked ? window.painted
            : performance.getEntriesByName('first-contentful-paint')[0]?.startTime;
        if (!paint) return setTimeout(tell, 5);
        resolve(performance.timeOrigin + paint - clicked);
    };
    tell();
})";

/// Measures a desk that is served at an address, and says what it found.
pub fn measure(name: &str, address: &str, cases: i64, tools: &Path) -> Result<String, Fatal> {
    let mut report = format!("## Pages, {name}, {cases} cases\n\n");
    let mut bars = Vec::new();
    served(address, cases, &mut report, &mut bars)?;
    seen(address, cases, &mut report, &mut bars)?;
    judged(address, tools, &mut report, &mut bars)?;
    report.push_str(&Bar::table(&bars));
    Ok(report)
}

/// How soon the server has a page, asked over one connection.
fn served(address: &str, cases: i64, report: &mut String, bars: &mut Vec<Bar>) -> Result<(), Fatal> {
    report.push_str(
        "| page, from the server | p50 ms | p99 ms | bytes compressed |\n| --- | ---: | ---: | ---: |\n",
    );
    for Page { name, path } in PAGES {
        let mut line = Line::open(address)?;
        let mut times = Vec::new();
        let mut bytes = 0;
        for number in 0..REQUESTS + REQUESTS / 10 {
            let begun = Instant::now();
            bytes = line.get(&path(number, cases))?;
            if number >= REQUESTS / 10 {
                times.push(begun.elapsed().as_secs_f64() * 1000.0);
            }
        }
        times.sort_by(f64::total_cmp);
        let (p50, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
        let _ = writeln!(report, "| {name} | {p50:.2} | {p99:.2} | {bytes} |");
        bars.push(Bar::under(&format!("{name}: p50 under 5 ms"), p50, 5.0, "ms"));
    }
    report.push('\n');
    Ok(())
}

/// What a browser loads at a first visit, and when it has painted it.
fn seen(address: &str, cases: i64, report: &mut String, bars: &mut Vec<Bar>) -> Result<(), Fatal> {
    let chromium = Chromium::start()?;
    let base = format!("http://{address}");
    report.push_str("| page, in Chromium | first visit KB | of it scripts KB | largest paint ms |\n");
    report.push_str("| --- | ---: | ---: | ---: |\n");
    for Page { name, path } in PAGES {
        let (mut paints, mut all, mut scripts) = (Vec::new(), 0, 0);
        for number in 0..VISITS {
            let tab = visitor(&chromium, &base)?;
            tab.goes(&path(number as i64, cases))?;
            paints.push(tab.asks(LARGEST_PAINT)?.as_f64().ok_or("no largest paint")?);
            let answers = tab.answers();
            all = answers.iter().map(|answer| answer.bytes).sum();
            scripts =
                answers.iter().filter(|answer| answer.kind == "Script").map(|answer| answer.bytes).sum();
            complain(&tab, name)?;
        }
        let paint = median(&mut paints);
        let (all, scripts) = (all as f64 / 1000.0, scripts as f64 / 1000.0);
        let _ = writeln!(report, "| {name} | {all:.1} | {scripts:.1} | {paint:.0} |");
        bars.push(Bar::under(&format!("{name}: first visit under 100 KB"), all, 100.0, "KB"));
        bars.push(Bar::under(&format!("{name}: scripts under 25 KB"), scripts, 25.0, "KB"));
        bars.push(Bar::under(&format!("{name}: largest contentful paint under 300 ms"), paint, 300.0, "ms"));
    }
    report.push('\n');
    clicked(&chromium, &base, report, bars)
}

/// How soon a click shows the next page: after the pointer has rested on the link, as people's do, so that the browser
/// has made the page ready; and where it comes out of nowhere.
fn clicked(chromium: &Chromium, base: &str, report: &mut String, bars: &mut Vec<Bar>) -> Result<(), Fatal> {
    report.push_str("| click, to the next page's first paint | after a rest, ms | out of nowhere, ms |\n");
    report.push_str("| --- | ---: | ---: |\n");
    for (name, from, link) in [
        ("from the list to a case", "/views/open", "table .subject a"),
        ("from a view to another", "/views/open", "nav a[href='/views/unassigned']"),
        ("from a case to the dashboard", "/cases/1", "nav a[href='/dashboard']"),
    ] {
        let tab = visitor(chromium, base)?;
        let (mut rested, mut sudden) = (Vec::new(), Vec::new());
        for visit in 0..2 * VISITS {
            std::thread::sleep(BREATH);
            tab.goes(from)?.points_at("h1")?;
            tab.asks(WATCH)?;
            let rests = visit % 2 == 0;
            if rests {
                tab.points_at(link)?;
                std::thread::sleep(REST);
            }
            tab.follows(link)?;
            let paint = tab.asks(CLICK_TO_PAINT)?.as_f64().ok_or("no first paint")?;
            if rests { &mut rested } else { &mut sudden }.push(paint);
        }
        complain(&tab, name)?;
        let (rested, sudden) = (median(&mut rested), median(&mut sudden));
        let _ = writeln!(report, "| {name} | {rested:.0} | {sudden:.0} |");
        bars.push(Bar::under(&format!("click {name}, after a rest: under 100 ms"), rested, 100.0, "ms"));
        bars.push(Bar::under(&format!("click {name}, out of nowhere: under 100 ms"), sudden, 100.0, "ms"));
    }
    report.push('\n');
    Ok(())
}

/// What Lighthouse says of five pages, where `bin/bench` has installed it.
fn judged(address: &str, tools: &Path, report: &mut String, bars: &mut Vec<Bar>) -> Result<(), Fatal> {
    const CATEGORIES: [&str; 3] = ["performance", "accessibility", "best-practices"];
    let lighthouse = tools.join("node_modules/.bin/lighthouse");
    if !lighthouse.exists() {
        report.push_str("Lighthouse is not installed (it needs npm), so it says nothing.\n\n");
        return Ok(());
    }
    let _ = writeln!(report, "| Lighthouse | {} |\n| --- | ---: | ---: | ---: |", CATEGORIES.join(" | "));
    let pages = [
        ("list", "/views/open"),
        ("case", "/cases/1"),
        ("dashboard", "/dashboard"),
        ("new case", "/cases/new"),
        ("sign-in", "/sign-in"),
    ];
    for (name, path) in pages {
        let judged = judgement(&lighthouse, &format!("http://{address}{path}"), &CATEGORIES)?;
        let scores: BTreeMap<&str, f64> = CATEGORIES
            .map(|category| {
                (category, judged["categories"][category]["score"].as_f64().unwrap_or(0.0) * 100.0)
            })
            .into();
        let shown: Vec<String> =
            CATEGORIES.iter().map(|category| format!("{:.0}", scores[category])).collect();
        let _ = writeln!(report, "| {name} | {} |", shown.join(" | "));
        for (category, score) in scores {
            bars.push(Bar {
                what: format!("{name}: {category} 95 or more"),
                measured: format!("{score:.0}"),
                is_met: score >= 95.0,
            });
        }
    }
    report.push('\n');
    Ok(())
}

/// Lighthouse's judgement of a page. Its browser sometimes fails to note when the page began, and is asked again.
fn judgement(lighthouse: &Path, address: &str, categories: &[&str]) -> Result<Value, Fatal> {
    const TRIES: u32 = 3;
    let mut why = String::new();
    for _ in 0..TRIES {
        let output = Command::new(lighthouse)
            .arg(address)
            .args(["--quiet", "--output=json", "--preset=desktop", "--chrome-flags=--headless --no-sandbox"])
            .arg(format!("--only-categories={}", categories.join(",")))
            .arg(format!("--extra-headers={{\"Cookie\":\"steward_session={}\"}}", seed::TOKEN))
            .output()?;
        match serde_json::from_slice(&output.stdout) {
            Ok(judged) => return Ok(judged),
            Err(_) => why = String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
    Err(format!("lighthouse: {why}").into())
}

fn visitor(chromium: &Chromium, base: &str) -> Result<Tab, Fatal> {
    let tab = chromium.tab(base, Look { moves: true, ..Look::default() })?;
    tab.cookie("steward_session", seed::TOKEN)?;
    Ok(tab)
}

/// A page that does not work would be quick.
fn complain(tab: &Tab, name: &str) -> Result<(), Fatal> {
    match tab.complaints().first() {
        Some(complaint) => Err(format!("{name}: {complaint}").into()),
        None => Ok(()),
    }
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// A connection that asks for one page after the other.
struct Line {
    stream: BufReader<TcpStream>,
}

impl Line {
    fn open(address: &str) -> Result<Line, Fatal> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Line { stream: BufReader::new(stream) })
    }

    /// Asks for a page; answers the bytes of its body as it travels.
    fn get(&mut self, path: &str) -> Result<usize, Fatal> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\nCookie: steward_session={}\r\n\r\n",
            seed::TOKEN
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut length = None;
        let mut head = String::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = Some(value.trim().parse::<usize>()?);
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length.ok_or_else(|| format!("{path}: no length in {head}"))?];
        self.stream.read_exact(&mut body)?;
        if head.starts_with("HTTP/1.1 200") { Ok(body.len()) } else { Err(format!("{path}: {head}").into()) }
    }
}
