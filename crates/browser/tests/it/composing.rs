//! Writing to a customer with scripts: what the composer does beyond a text field and a button.

use browser::{Look, Result, Tab};
use serde_json::json;

use crate::spots::Who;

/// Lets something with these files happen on an element: a drop, or a paste.
fn gives(tab: &Tab, what: &str, event: &str, files: &[&str]) -> Result<()> {
    let files: Vec<String> = files
        .iter()
        .map(|name| format!("new File(['what {name} holds'], {}, {{ type: 'text/plain' }})", json!(name)))
        .collect();
    let event = match event {
        "paste" => "new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })",
        _ => "new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })",
    };
    let is_left = tab.asks_of(
        what,
        &format!("(data => {{ for (const file of [{}]) data.items.add(file); return it.dispatchEvent({event}) }})(new DataTransfer())", files.join(", ")),
    )?;
    assert_eq!(is_left, false, "the browser does nothing of its own with it");
    Ok(())
}

on_a_desk! {
    fn files_are_dropped_pasted_thought_better_of_and_sent(stage) {
        let ana = stage.desk.agent("ana");
        let case = ana.opens(json!({ "subject": "Printer", "priority_id": 2 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes(&format!("/cases/{case}"))?;
        gives(&tab, "#composer", "drop", &["one.txt", "two.txt"])?;
        gives(&tab, "#comment_text", "paste", &["three.txt"])?;
        assert_eq!(tab.asks("[...document.querySelectorAll('#chosen li')].map(row => row.firstChild.data)")?, json!(["one.txt", "two.txt", "three.txt"]));
        tab.clicks("#chosen [aria-label='Remove two.txt']")?;
        tab.types("#comment_text", "As you asked")?.clicks("#send > button")?.until_said("As you asked")?;
        tab.until("document.querySelector('#chosen').children.length === 0")?;
        let sent = ana.get(&format!("/api/crm/cases/{case}/attachments")).ok();
        let names: Vec<&str> = sent["attachments"].as_array().unwrap().iter().filter_map(|file| file["file_name"].as_str()).collect();
        assert_eq!(names, ["one.txt", "three.txt"]);
        assert!(tab.text("#thread")?.contains("three.txt"));
        Ok(())
    }

    fn a_preview_follows_what_is_written(stage) {
        let ana = stage.desk.agent("ana");
        let case = ana.opens(json!({ "subject": "Printer", "priority_id": 2 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes(&format!("/cases/{case}"))?.types("#comment_text", "It is **not** <b onclick='x'>on</b>")?;
        tab.clicks("#preview-toggle")?.until("document.querySelector('#preview strong')?.innerText === 'not'")?;
        assert_eq!(tab.asks("document.querySelector('#preview [onclick]')")?, json!(null));
        tab.types("#comment_text", "1. first\n2. second")?.until("document.querySelectorAll('#preview ol li').length === 2")?;
        tab.clicks("#preview-toggle")?.until_gone("#preview")?;
        Ok(())
    }

    fn sending_sets_the_status_that_was_chosen_with_it(stage) {
        let ana = stage.desk.agent("ana");
        let case = ana.opens(json!({ "subject": "Printer", "priority_id": 2 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes(&format!("/cases/{case}"))?.types("#comment_text", "Which printer is it?")?;
        tab.clicks("#send .split")?.until_seen("#send-menu")?.clicks("#send-menu [value=waiting_customer]")?;
        tab.until_said("Which printer is it?")?.until("document.querySelector('#case-head .status').innerText === 'Waiting for customer'")?;
        tab.until_gone("#send-menu")?;
        assert_eq!(ana.case(case)["status"], "waiting_customer");
        Ok(())
    }

    /// The desk has it, but the way back was cut: sent again, it is still one.
    fn a_reply_whose_answer_is_lost_goes_out_once(stage) {
        let ana = stage.desk.agent("ana");
        let case = ana.opens(json!({ "subject": "Printer", "priority_id": 2 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes(&format!("/cases/{case}"))?.types("#comment_text", "Once")?;
        gives(&tab, "#composer", "drop", &["one.txt"])?;
        tab.asks(
            "window.ask = window.fetch, window.fetch = async (address, more) => {
                const answer = await ask(address, more);
                if (more?.method === 'POST' && address.endsWith('/comments')) throw new TypeError('no network');
                return answer }, 0",
        )?;
        tab.clicks("#send > button")?.until_seen("#refusal [role=alert]")?;
        assert_eq!(tab.asks("document.querySelector('#comment_text').value")?, "Once");
        tab.asks("window.fetch = ask, 0")?;
        tab.clicks("#send > button")?.until_gone("#refusal [role=alert]")?.until("document.querySelector('#comment_text').value === ''")?;
        let written = || ana.get(&format!("/api/crm/cases/{case}/comments")).ok()["comments"].as_array().map(Vec::len);
        assert_eq!(written(), Some(1));
        // The same words once more are another reply.
        tab.until("!document.querySelector('#send > button').disabled")?;
        tab.types("#comment_text", "Once")?.presses("Ctrl+Enter")?.until("document.querySelector('#comment_text').value === ''")?;
        assert_eq!(written(), Some(2));
        Ok(())
    }

    /// What could not be sent stays where it was written.
    fn a_reply_that_could_not_be_sent_is_not_lost(stage) {
        let ana = stage.desk.agent("ana");
        let case = ana.opens(json!({ "subject": "Printer", "priority_id": 2 }));
        let tab = stage.tab_of(&ana, Look::default())?;
        tab.goes(&format!("/cases/{case}"))?.types("#comment_text", "Bye")?;
        gives(&tab, "#composer", "drop", &["one.txt"])?;
        // The network goes, and comes back.
        tab.asks("window.ask = window.fetch, window.fetch = (address, more) => more?.method === 'POST' && address.endsWith('/comments')
            ? Promise.reject(new TypeError('no network')) : ask(address, more), 0")?;
        tab.clicks("#send > button")?.until_seen("#refusal [role=alert]")?;
        assert_eq!(tab.asks("document.querySelector('#comment_text').value")?, "Bye");
        assert_eq!(tab.asks("document.querySelector('#chosen').children.length")?, 1);
        tab.asks("window.fetch = ask, 0")?;
        tab.clicks("#send > button")?.until_said("one.txt")?.until_gone("#refusal [role=alert]")?;
        Ok(())
    }
}

in_the_demo! {
    fn canned_replies_come_filled_in(stage) {
        let tab = stage.somebody(Who::Agent, Look::default())?;
        tab.goes("/cases?status=open")?.follows("table .subject a")?;
        let customer = tab.text("#customer h2 a, #customer a")?;
        tab.clicks("#canned-open")?.until_seen("#canned li button")?;
        assert!(tab.asks("document.querySelectorAll('#canned li button').length")?.as_i64() > Some(1));
        tab.writes("thank idea")?.until("document.querySelectorAll('#canned li button').length === 1")?;
        tab.presses("Enter")?.until_gone("#canned")?;
        let text = tab.asks("document.querySelector('#comment_text').value")?;
        let text = text.as_str().unwrap_or_default();
        assert!(text.contains("thank you: we have passed this on") && !text.contains("{{"), "{text}");
        assert!(text.starts_with(&format!("Hello {customer},")), "{text} for {customer}");
        assert_eq!(tab.asks("document.activeElement.id")?, "comment_text");
        Ok(())
    }

    fn a_suggested_article_is_put_into_the_text(stage) {
        let tab = stage.somebody(Who::Agent, Look::default())?;
        tab.goes("/cases?search=export")?.follows("table .subject a")?;
        tab.types("#comment_text", "See here:")?.clicks("#suggest-open")?.until_seen("#suggested li button")?;
        let title = tab.text("#suggested li button b")?;
        tab.clicks("#suggested li button")?.until_gone("#suggested")?;
        let text = tab.asks("document.querySelector('#comment_text').value")?;
        let text = text.as_str().unwrap_or_default();
        assert!(text.starts_with(&format!("See here:\n[{title}](http://")), "{text}");
        Ok(())
    }
}
