//! Hostile texts in every place where somebody can write: no script runs, no dialog opens, nothing escapes its box.

use browser::{Look, Result, Tab};

use crate::every_page::{OVERFLOW, at_every_page};
use crate::spots::Spot;
use crate::stage::Stage;

/// What is written into short fields, one after the other. All of it is one line without an apostrophe.
const SHORT: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "`><svg onload=alert(1)>",
    "javascript:alert(1)//",
    "</title></textarea></style><body onload=alert(1)>",
    "{{7*7}}${alert(1)}<%= alert(1) %>",
    "&lt;b&gt; &#60;img src=x onerror=alert(1)&#62;",
    "\u{202e}drawkcab <a href=javascript:alert(1)>x</a>",
];

/// Where somebody can write, and at most how many characters.
const PLACES: [(&str, &str, usize); 35] = [
    ("crm_users", "name", 200),
    ("crm_accounts", "account_name", 200),
    ("crm_contacts", "name", 200),
    ("crm_teams", "team_name", 200),
    ("crm_teams", "description", 500),
    ("crm_case_types", "type_name", 100),
    ("crm_case_priorities", "priority_name", 100),
    ("crm_cases", "subject", 500),
    ("crm_cases", "description", 5000),
    ("crm_case_comments", "comment_text", 5000),
    ("crm_case_attachments", "file_name", 200),
    ("crm_case_escalations", "note", 1000),
    ("crm_kb_articles", "title", 500),
    ("crm_kb_articles", "summary", 1000),
    ("crm_kb_articles", "content", 50_000),
    ("crm_kb_categories", "category_name", 200),
    ("crm_surveys", "survey_name", 200),
    ("crm_survey_questions", "question_text", 1000),
    ("crm_survey_responses", "text_value", 1000),
    ("crm_sla_policies", "policy_name", 200),
    ("crm_calendars", "calendar_name", 200),
    ("crm_tokens", "token_name", 100),
    ("crm_cases", "status_reason", 1000),
    ("crm_cases", "csat_comment", 1000),
    ("crm_canned_replies", "reply_name", 200),
    ("crm_canned_replies", "reply_text", 5000),
    ("crm_saved_views", "view_name", 200),
    ("crm_assignment_rules", "rule_name", 200),
    ("crm_escalation_rules", "rule_name", 200),
    ("crm_kb_article_feedback", "comment", 1000),
    ("crm_kb_article_versions", "title", 500),
    ("crm_kb_article_versions", "content", 50_000),
    ("crm_kb_search_misses", "query_text", 200),
    ("crm_jobs", "last_error", 1000),
    ("crm_outbound_messages", "subject", 200),
];

/// Public collections of payloads, where this machine has them; else what stands above has to do.
fn collected(kind: &str) -> Vec<String> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/security/payloads.json");
    let Ok(text) = std::fs::read_to_string(file) else { return SHORT.map(str::to_owned).to_vec() };
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();
    let texts = all[kind].as_array().unwrap().iter().filter_map(|text| text.as_str());
    texts.filter(|text| !text.contains('\0')).map(str::to_owned).collect()
}

/// What of a page somebody else has written: elements and attributes that no template of ours has.
const ESCAPED: &str = "(() => {
    const ahead = document.querySelector('head > script[type=speculationrules]');
    const found = [...document.querySelectorAll('script')].filter(one => one !== ahead && !one.getAttribute('src')?.startsWith('/assets/'));
    for (const one of document.querySelectorAll('*')) {
        const hooks = one.getAttributeNames().filter(name => name.startsWith('on') || name === 'style');
        const places = ['href', 'src', 'action', 'formaction', 'data'].map(name => one.getAttribute(name) ?? '');
        if (hooks.length || places.some(place => /^[\\s\\x00-\\x1f]*(javascript|vbscript|data:text)/i.test(place))) found.push(one);
        if (['IFRAME', 'OBJECT', 'EMBED', 'BASE', 'MARQUEE'].includes(one.tagName)) found.push(one);
    }
    return [...new Set(found)].slice(0, 3).map(one => one.outerHTML.slice(0, 200))
})()";

/// What is wrong with a page, and what it complains of. An article may show pictures from anywhere; that browsers refuse
/// them is what is hoped for.
fn faults_at(tab: &Tab, spot: &Spot) -> Result<Vec<String>> {
    let is_article = ["/help/articles/", "/knowledge/"].iter().any(|place| spot.path.starts_with(place));
    let is_picture = |complaint: &String| {
        ["img-src", "(Image)", "a request to another place", "404 for"]
            .iter()
            .any(|part| complaint.contains(part))
    };
    let complaints = tab.complaints().into_iter().filter(|complaint| !(is_article && is_picture(complaint)));
    Ok(faults(tab)?.into_iter().chain(complaints).collect())
}

fn faults(tab: &Tab) -> Result<Vec<String>> {
    let escaped = tab.asks(ESCAPED)?;
    let escaped = escaped.as_array().into_iter().flatten().map(|html| format!("not of ours: {html}"));
    let overflow = tab.asks(OVERFLOW)?;
    Ok(escaped.chain(overflow.as_str().filter(|text| !text.is_empty()).map(str::to_owned)).collect())
}

/// Writes into each place: payloads that rotate with the rows, as long as the place allows, most of it without a space.
fn poison(stage: &Stage) {
    let (html, markdown) = (collected("xss_html"), collected("xss_markdown"));
    for (table, column, most) in PLACES {
        let texts: Vec<String> = if most >= 5000 {
            let portions = html.chunks(60).map(|portion| portion.join("\n"));
            portions.map(|portion| format!("{}\n\n{portion}", markdown.join("\n\n"))).collect()
        } else {
            SHORT.map(|payload| format!("{payload}{}", "W".repeat(most))).to_vec()
        };
        let number = format!("rowid % {}", texts.len());
        let choices: Vec<String> = texts
            .iter()
            .enumerate()
            .map(|(at, text)| {
                // Names are told apart by their first letters, wherever they must be.
                let text: String = text.chars().take(most - 8).collect();
                format!("when {at} then '{}'", text.replace('\'', "''"))
            })
            .collect();
        let apart = if most > 1000 { "" } else { "rowid || ' ' || " };
        let update = format!("update {table} set {column} = {apart}case {number} {} end", choices.join(" "));
        stage.desk.execute(&format!("{update} where {column} is not null"));
    }
    // A case with all that may be: forty tags, each as long as it may be.
    stage.desk.execute("delete from crm_case_tags where case_id in (1, 123)");
    for number in 0..40 {
        let tag =
            format!("{number}{}{}", SHORT[number % 8], "w".repeat(50)).chars().take(50).collect::<String>();
        for case in [1, 123] {
            let tag = tag.replace('\'', "");
            stage.desk.execute(&format!(
                "insert into crm_case_tags (case_id, tag, created_at) values ({case}, '{tag}', '2026-01-01T00:00:00.000Z')"
            ));
        }
    }
}

in_the_demo! {
    fn hostile_texts_stay_texts_and_in_their_boxes(stage) {
        poison(stage);
        at_every_page(stage, Look::default(), faults_at)
    }

    fn hostile_texts_stay_texts_on_a_phone(stage) {
        poison(stage);
        at_every_page(stage, Look::phone(), faults_at)
    }

    fn the_composer_sends_markup_as_what_it_is(stage) {
        let tab = stage.somebody(crate::spots::Who::Agent, Look::default())?;
        tab.goes("/cases/1")?;
        let text = collected("xss_html").into_iter().take(80).collect::<Vec<_>>().join("\n");
        tab.types("#comment_text", &format!("Look: {text}"))?.clicks("#send button[name=status]")?;
        tab.until("[...document.querySelectorAll('.comment .text')].some(one => one.innerText.includes('Look:'))")?;
        assert_eq!(faults(&tab)?, Vec::<String>::new());
        Ok(())
    }
}
