//! No stored content runs a script in a reader's browser: whatever is written into an article, its HTML is read by a
//! real HTML parser, and nothing in it acts.

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use serde_json::json;
use steward::web::ahead;

/// Ways to run a script, one for each kind of hole. `STEWARD_PAYLOADS` may name a JSON file with lists of more.
const PAYLOADS: &[&str] = &[
    "<script>alert(1)</script>",
    "<ScRiPt >alert(1)</sCrIpT\n>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img/src=\"x\"/onerror=\"alert(1)\">",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=\"javascript:alert(1)\"><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<form action=javascript:alert(1)><input type=submit></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\" &#14; javascript:alert(1)\">x</a>",
    "<a href=\"java\tscript:alert(1)\">x</a>",
    "<a href=\"JaVaScRiPt:alert(1)\">x</a>",
    "<a href=\"&#106;avascript:alert(1)\">x</a>",
    "<a href=\"vbscript:msgbox(1)\">x</a>",
    "<a href=\"data:text/html;base64,PHNjcmlwdD4=\">x</a>",
    "[x](javascript:alert(1))",
    "[x](JAVASCRIPT:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](java&#x0A;script:alert(1))",
    "[x]: javascript:alert(1)\n\n[x]",
    "![x](javascript:alert(1))",
    "![x\" onerror=\"alert(1)](y)",
    "<javascript:alert(1)>",
    "<base href=\"javascript:/a/-alert(1)/\">",
    "<link rel=stylesheet href=javascript:alert(1)>",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
    "<style>@import 'javascript:alert(1)';</style>",
    "<p style=\"background:url(javascript:alert(1))\">x</p>",
    "<div onmouseover=\"alert(1)\" contenteditable>x</div>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<x onclick=alert(1)>x</x>",
    "<body onload=alert(1)>",
    "<table background=javascript:alert(1)><tr><td>x</table>",
    "``` \"><img src=x onerror=alert(1)>\nx\n```",
    "```language-x\" onclick=\"alert(1)\nx\n```",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[><img src=x onerror=alert(1)>]]>",
    "<template><script>alert(1)</script></template>",
    "</textarea><script>alert(1)</script>",
    "| <img src=x onerror=alert(1)> | b |\n| - | - |\n| [x](javascript:alert(1)) | c |",
];

pub fn payloads() -> Vec<String> {
    let mut all: Vec<String> = PAYLOADS.iter().map(|text| (*text).to_owned()).collect();
    if let Ok(path) = std::env::var("STEWARD_PAYLOADS") {
        let lists: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let texts = lists.as_object().unwrap().values().filter_map(|list| list.as_array()).flatten();
        all.extend(texts.filter_map(|text| text.as_str()).map(str::to_owned));
    }
    all.retain(|text| !text.contains('\0'));
    all
}

/// What in this HTML would act, in words.
pub fn acting(html: &str) -> Vec<String> {
    let dom = parse_document(RcDom::default(), ParseOpts::default()).one(html);
    let mut found = Vec::new();
    walk(&dom.document, &mut found);
    found
}

/// What in a page of the desk would act that the page does not bring along itself: its scripts and style sheets come from
/// `/assets/`, its forms go to paths of the desk.
pub fn acting_in_page(html: &str) -> Vec<String> {
    let dom = parse_document(RcDom::default(), ParseOpts::default()).one(html);
    let mut found = Vec::new();
    walk_page(&dom.document, &mut found);
    found
}

fn text_of(node: &Handle) -> String {
    let children = node.children.borrow();
    let texts = children.iter().filter_map(|child| match &child.data {
        NodeData::Text { contents } => Some(contents.borrow().to_string()),
        _ => None,
    });
    texts.collect()
}

fn walk_page(node: &Handle, found: &mut Vec<String>) {
    if let NodeData::Element { name, attrs, .. } = &node.data {
        let element = name.local.to_string();
        let attribute = |wanted: &str| {
            let attrs = attrs.borrow();
            let found = attrs.iter().find(|attribute| &*attribute.name.local == wanted);
            found.map(|attribute| attribute.value.to_string())
        };
        let is_ours = |name: &str, start: &str| attribute(name).is_some_and(|place| place.starts_with(start));
        let (is_its_own, own) = match element.as_str() {
            "script" => {
                let text = text_of(node);
                let is_named = is_ours("src", "/assets/") && text.is_empty();
                // What pages of the workspace let browsers make ready; nothing else may stand within a script.
                let is_ahead =
                    attribute("type").as_deref() == Some("speculationrules") && text == ahead::RULES;
                (is_named || is_ahead, true)
            }
            "link" => (is_ours("href", "/"), true),
            "form" => (attribute("action").is_none_or(|place| place.starts_with('/')), true),
            "button" | "input" => (attribute("formaction").is_none_or(|place| place.starts_with('/')), true),
            "meta" => (attribute("http-equiv").is_none(), true),
            _ => (true, false),
        };
        if !is_its_own {
            found.push(format!("<{element}>"));
        }
        let mut here = Vec::new();
        look(node, &mut here);
        here.retain(|what| !(own && *what == format!("<{element}>") || what.starts_with("formaction=/")));
        found.append(&mut here);
    }
    for child in node.children.borrow().iter() {
        walk_page(child, found);
    }
}

fn walk(node: &Handle, found: &mut Vec<String>) {
    look(node, found);
    for child in node.children.borrow().iter() {
        walk(child, found);
    }
}

/// What this one element does.
fn look(node: &Handle, found: &mut Vec<String>) {
    if let NodeData::Element { name, attrs, .. } = &node.data {
        let element = name.local.to_string();
        let acts = [
            "script", "style", "iframe", "object", "embed", "form", "input", "button", "link", "meta",
            "base", "svg", "math", "template",
        ];
        if acts.contains(&element.as_str()) {
            found.push(format!("<{element}>"));
        }
        for attribute in attrs.borrow().iter() {
            let attribute_name = attribute.name.local.to_string();
            // As browsers read a URL: without blanks and controls, whatever the case.
            let value: String =
                attribute.value.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
            let value = value.to_lowercase();
            if attribute_name.starts_with("on")
                || ["style", "srcdoc", "formaction"].contains(&attribute_name.as_str())
            {
                found.push(format!("{attribute_name}={value}"));
            }
            let is_url =
                ["href", "src", "cite", "action", "data", "background"].contains(&attribute_name.as_str());
            if is_url && ["javascript:", "vbscript:", "data:"].iter().any(|scheme| value.starts_with(scheme))
            {
                found.push(format!("{attribute_name}={value}"));
            }
        }
    }
}

#[test]
fn the_parser_sees_what_acts() {
    for (html, what) in [
        ("<script>1</script>", "<script>"),
        ("<img src=x OnError=a>", "onerror=a"),
        ("<a href=' java\nscript:a'>x</a>", "href=javascript:a"),
    ] {
        assert_eq!(acting(&format!("<p>{html}</p>")), [what], "{html}");
    }
}

both_engines! {
    fn nothing_that_is_written_acts(desk) {
        let (mia, stranger) = (desk.manager("mia"), desk.stranger());
        let payloads = payloads();
        for some in payloads.chunks(100) {
            let mut alone = String::new();
            for payload in some {
                assert_eq!(acting(&html_of(&mia, payload)), [""; 0], "{payload}");
                alone.push_str(payload);
                alone.push_str("\n\n");
            }
            // One may open what another uses.
            assert_eq!(acting(&html_of(&mia, &alone)), [""; 0]);
        }
        // As a title, a tag or a comment they are texts in JSON, and excerpts escape them.
        let title = "<img src=x onerror=alert(1)> meerkat";
        let made = mia.post("/api/crm/knowledge", json!({
            "title": title, "content": "<script>alert('meerkat')</script> meerkat", "tags": ["<b onclick=x>"],
            "status": "published"
        }));
        let id = made.created()["article"]["article_id"].as_i64().unwrap();
        let comment = json!({ "is_helpful": true, "comment": "<script>alert(1)</script>" });
        mia.post(&format!("/api/crm/knowledge/{id}/feedback"), comment).created();
        for path in [
            "/api/crm/knowledge?search=meerkat".to_owned(),
            "/api/crm/knowledge/suggest?text=meerkat".to_owned(),
            format!("/api/crm/knowledge/{id}"),
        ] {
            let answer = stranger.get(&path);
            let json = answer.ok();
            assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
            for place in ["/articles/0/excerpt", "/suggestions/0/excerpt", "/article/content_html"] {
                if let Some(html) = json.pointer(place).and_then(|html| html.as_str()) {
                    assert_eq!(acting(html), [""; 0], "{html}");
                }
            }
        }
    }
}

fn html_of(client: &crate::client::Client, content: &str) -> String {
    let made = client.post("/api/crm/knowledge", json!({ "title": "t", "content": content })).created();
    made["article"]["content_html"].as_str().unwrap().to_owned()
}
