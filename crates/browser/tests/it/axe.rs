//! Whether a page can be used by everybody, as far as a machine can tell: axe-core, the rules of WCAG 2.2 AA and its best
//! practices.

use std::sync::OnceLock;

use browser::{Result, Tab};
use serde_json::Value;

/// The script itself, which `bin/test browser` fetches. It is not a page's own, so it is not sent to one.
fn script() -> &'static str {
    static SCRIPT: OnceLock<String> = OnceLock::new();
    SCRIPT.get_or_init(|| {
        let file = std::env::var("STEWARD_TEST_AXE")
            .expect("run `bin/test browser`, or set STEWARD_TEST_AXE: the path of axe-core's axe.min.js");
        std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"))
    })
}

/// What is wrong with the page as it is shown now, a line a place.
pub fn faults(tab: &Tab) -> Result<Vec<String>> {
    // The size of what is clicked on is a rule of 2.2, which axe leaves out unless it is asked for.
    run(tab, "{ resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } }")
}

/// The same of the colours alone, for a page that was looked at in others before.
pub fn faults_of_colours(tab: &Tab) -> Result<Vec<String>> {
    run(tab, "{ resultTypes: ['violations'], runOnly: ['color-contrast', 'link-in-text-block'] }")
}

fn run(tab: &Tab, options: &str) -> Result<Vec<String>> {
    if tab.asks("typeof axe")? == "undefined" {
        tab.asks(&format!("{}; true", script()))?;
    }
    // What is laid out only when somebody gets there (the dashboard) stands in the way of what follows it until then.
    tab.asks(
        "document.querySelectorAll('main *').forEach(one => {
            if (getComputedStyle(one).contentVisibility === 'auto') one.style.contentVisibility = 'visible' }), 0",
    )?;
    let found = tab.asks(&format!(
        "axe.run(document, {options}).then(({{ violations }}) => violations.flatMap(({{ id, nodes }}) =>
            nodes.slice(0, 4).map(node => `${{id}}: ${{node.target.join(' ')}}: ${{node.html.slice(0, 160)}} (${{
                [...node.any, ...node.all, ...node.none].map(check => check.message).join('; ')}})`)))"
    ))?;
    let lines = found.as_array().cloned().unwrap_or_default();
    Ok(lines.into_iter().map(|line| Value::as_str(&line).unwrap_or_default().to_owned()).collect())
}
