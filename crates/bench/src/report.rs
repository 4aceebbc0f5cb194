//! The figures as Markdown, and what they are held against.

use std::fmt::Write;

use crate::measure::{CLIENTS, Measured, Row, Served};
use crate::requests::Kind;

/// A figure with what is asked of it.
pub struct Bar {
    pub what: String,
    pub measured: String,
    pub is_met: bool,
}

impl Bar {
    /// A figure that is to stay under a limit.
    pub fn under(what: &str, measured: f64, limit: f64, unit: &str) -> Bar {
        Bar { what: what.to_owned(), measured: format!("{measured:.1} {unit}"), is_met: measured < limit }
    }

    pub fn table(bars: &[Bar]) -> String {
        let mut text = String::from("| bar | measured | |\n| --- | --- | --- |\n");
        for Bar { what, measured, is_met } in bars {
            let verdict = if *is_met { "PASS" } else { "**miss**" };
            let _ = writeln!(text, "| {what} | {measured} | {verdict} |");
        }
        text
    }
}

pub fn markdown(measured: &Measured) -> String {
    let mut text = format!("## {}, {} cases\n\n", measured.engine, measured.cases);
    text.push_str(
        "| request | clients | requests/s | p50 ms | p99 ms | errors | CPU µs | MB | raw/s | raw CPU µs | of raw |\n",
    );
    text.push_str("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for row in &measured.rows {
        for (clients, Served { load, micros, resident }) in CLIENTS.iter().zip(&row.http) {
            let raw = row.raw.map_or("| |".into(), |raw| {
                format!("{:.0} | {:.1} | {:.0} %", raw.rate, raw.micros, load.rate / raw.rate * 100.0)
            });
            let _ = writeln!(
                text,
                "| {} | {clients} | {:.0} | {:.2} | {:.2} | {} | {micros:.1} | {resident:.0} | {raw} |",
                row.kind.title(),
                load.rate,
                load.p50,
                load.p99,
                load.errors
            );
        }
    }
    text.push('\n');
    text.push_str(&Bar::table(&bars(measured)));
    text
}

fn bars(measured: &Measured) -> Vec<Bar> {
    let is_sqlite = measured.engine == "SQLite";
    let mut bars = Vec::new();
    for row in &measured.rows {
        let busy = &row.http[1].load;
        let title = row.kind.title();
        match row.kind {
            Kind::ByStatus | Kind::ByThree | Kind::ById => {
                bars.extend(share(row, 0.6));
                if is_sqlite && row.kind != Kind::ById {
                    bars.push(Bar {
                        what: format!("{title}: p99 under 10 ms"),
                        measured: format!("{:.2} ms", busy.p99),
                        is_met: busy.p99 < 10.0,
                    });
                }
            }
            Kind::Create | Kind::Comment if is_sqlite => {
                bars.extend(share(row, 0.7));
                bars.extend(row.ungrouped.map(|ungrouped| Bar {
                    what: format!("{title}: at least twice the rate without group commit"),
                    measured: format!("{:.1} times {ungrouped:.0}/s", busy.rate / ungrouped),
                    is_met: busy.rate >= 2.0 * ungrouped,
                }));
            }
            _ => {}
        }
    }
    if is_sqlite {
        bars.extend(of_the_process(measured));
    }
    bars
}

fn share(row: &Row, least: f64) -> Option<Bar> {
    let share = row.http[1].load.rate / row.raw?.rate;
    Some(Bar {
        what: format!("{}: at least {:.0} % of raw", row.kind.title(), least * 100.0),
        measured: format!("{:.0} %", share * 100.0),
        is_met: share >= least,
    })
}

fn of_the_process(measured: &Measured) -> [Bar; 4] {
    let [one, two] = measured.threads;
    let beside = &measured.beside_search;
    let start = measured.start.as_secs_f64() * 1000.0;
    [
        Bar {
            what: "case by id while three clients search: p99 under 5 ms".into(),
            measured: format!("{:.2} ms at {:.0}/s", beside.p99, beside.rate),
            is_met: beside.p99 < 5.0,
        },
        Bar {
            what: "two reader threads beat one".into(),
            measured: format!("{two:.0}/s against {one:.0}/s"),
            is_met: two > one,
        },
        Bar {
            what: "idle resident memory under 50 MB".into(),
            measured: format!("{:.1} MB", measured.idle_mb),
            is_met: measured.idle_mb < 50.0,
        },
        Bar {
            what: "cold start to the first answer under 300 ms".into(),
            measured: format!("{start:.0} ms"),
            is_met: start < 300.0,
        },
    ]
}
