//! Live events: told once, in order, to those who may see them, and resumed without a gap (spec 9).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use ureq::http::Method;

use crate::client::Client;
use crate::desk::Desk;
use crate::node::Node;
use crate::place::{Engine, Place};

/// A message of a stream.
#[derive(Debug, Clone, PartialEq)]
struct Message {
    event: String,
    id: Option<String>,
    data: Value,
}

/// Somebody who listens.
struct Listener(BufReader<TcpStream>, Ended);

/// Whether a stream came to its own end, rather than being cut.
type Ended = bool;

impl Listener {
    /// Opens a stream; the messages that follow are of what happens from now on.
    fn of(address: SocketAddr, client: &Client, last: Option<&str>) -> Listener {
        let mut listener = Listener::ask(address, client, last);
        let mut status = String::new();
        listener.0.read_line(&mut status).unwrap();
        assert!(status.starts_with("HTTP/1.1 200"), "{status}");
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            listener.0.read_line(&mut head).unwrap();
        }
        assert!(head.contains("content-type: text/event-stream"), "{head}");
        listener
    }

    fn ask(address: SocketAddr, client: &Client, last: Option<&str>) -> Listener {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let token = client.token.as_deref().unwrap();
        let last = last.map_or(String::new(), |last| format!("last-event-id: {last}\r\n"));
        write!(
            stream,
            "GET /api/crm/support/live HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n{last}\r\n"
        )
        .unwrap();
        Listener(BufReader::new(stream), false)
    }

    /// The next message, or `None` where the stream has ended.
    fn next(&mut self) -> Option<Message> {
        let (mut event, mut id, mut data) = (None, None, None);
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            let line = line.trim_end();
            if let Some(name) = line.strip_prefix("event: ") {
                event = Some(name.to_owned());
            } else if let Some(text) = line.strip_prefix("id: ") {
                id = Some(text.to_owned());
            } else if let Some(text) = line.strip_prefix("data: ") {
                data = Some(serde_json::from_str(text).unwrap());
            } else if line.is_empty()
                && let Some(event) = event.take()
            {
                return Some(Message { event, id, data: data.unwrap() });
            } else if line == "0" {
                // The last chunk.
                self.1 = true;
                return None;
            }
        }
    }

    /// What happens to cases, until a case of this number is created: totals left out.
    fn until_created(&mut self, case_id: i64) -> Vec<Message> {
        let mut told = Vec::new();
        loop {
            let message = self.next().expect("the stream goes on");
            let is_last = message.event == "case_created" && message.data["case_id"] == case_id;
            if message.event != "totals" {
                told.push(message);
            }
            if is_last {
                return told;
            }
        }
    }
}

fn kinds(messages: &[Message]) -> Vec<(i64, String)> {
    let kind = |message: &Message| {
        (message.data["case_id"].as_i64().unwrap(), message.data["kind"].as_str().unwrap().to_owned())
    };
    messages.iter().map(kind).collect()
}

both_engines! {
    fn users_hear_everything_in_order(desk) {
        let mia = desk.manager("mia");
        let old = mia.opens(json!({ "subject": "before" }));
        let mut listener = Listener::of(desk.address, &mia, None);
        assert_eq!(listener.next().unwrap().event, "totals");
        let id = mia.opens(json!({ "subject": "a" }));
        mia.comments(id, json!({ "comment_text": "secret", "is_internal": true }));
        mia.sets(old, "in_progress").ok();
        let last = mia.opens(json!({ "subject": "b" }));
        let mut told = listener.until_created(last);
        // On PostgreSQL what was committed a moment before may still be waiting for an older transaction.
        told.retain(|message| message.data["case_id"] != old || message.data["kind"] != "created");
        let expected = [(id, "created"), (id, "comment_added"), (old, "status_changed"), (last, "created")];
        assert_eq!(kinds(&told), expected.map(|(id, kind)| (id, kind.to_owned())));
        assert_eq!(told[1].event, "case_changed");
        assert_eq!(told[0].data["actor_id"], mia.id);
        assert!(told.iter().all(|message| message.id.is_some()));
        // Nothing that a person wrote goes over the stream.
        assert!(!told.iter().any(|message| message.data.to_string().contains("secret")));
    }

    fn who_comes_back_misses_nothing_and_hears_nothing_twice(desk) {
        let mia = desk.manager("mia");
        let mut listener = Listener::of(desk.address, &mia, None);
        let first = mia.opens(json!({ "subject": "first" }));
        let seen = listener.until_created(first).pop().unwrap().id.unwrap();
        drop(listener);
        let missed: Vec<i64> = (0..450).map(|n| mia.opens(json!({ "subject": format!("missed {n}") }))).collect();
        let mut again = Listener::of(desk.address, &mia, Some(&seen));
        let last = mia.opens(json!({ "subject": "last" }));
        let told = kinds(&again.until_created(last));
        let mut expected: Vec<(i64, String)> = missed.iter().map(|id| (*id, "created".to_owned())).collect();
        expected.push((last, "created".into()));
        assert_eq!(told, expected);
        // An id of another desk, still to come here, is as none.
        let mut stray = Listener::of(desk.address, &mia, Some("9000000000-9000000000"));
        let next = mia.opens(json!({ "subject": "next" }));
        let told = kinds(&stray.until_created(next));
        assert!(told.len() < 20 && told.last() == Some(&(next, "created".into())), "{told:?}");
    }

    fn who_missed_too_much_begins_anew(desk) {
        let mia = desk.manager("mia");
        let id = mia.opens(json!({ "subject": "a" }));
        desk.execute(&format!(
            "insert into crm_case_events (case_id, kind, actor_kind, data, at)
             with recursive n (i) as (select 1 union all select i + 1 from n where i < 10500)
             select {id}, 'warned', 'system', '{{}}', '2026-03-02T09:00:00.000Z' from n"
        ));
        let mut listener = Listener::of(desk.address, &mia, Some("0-0"));
        let mut told = Vec::new();
        while let Some(message) = listener.next() {
            told.push(message.event);
        }
        assert_eq!(told.last().unwrap(), "reset");
        assert!(told.len() < 10_400, "{}", told.len());
    }

    fn customers_hear_what_is_theirs_and_public(desk) {
        let mia = desk.manager("mia");
        let (carl, dora) = (desk.contact("carl"), desk.contact("dora"));
        let account = desk.account("Shared");
        desk.execute(&format!("update crm_accounts set contacts_see_account_cases = true where account_id = {account}"));
        let (emil, fred) = (desk.contact_of("emil", account), desk.contact_of("fred", account));
        let others = dora.opens(json!({ "subject": "dora's" }));
        let mut listener = Listener::of(desk.address, &carl, None);
        let mut colleague = Listener::of(desk.address, &fred, None);
        let id = carl.opens(json!({ "subject": "carl's" }));
        mia.comments(id, json!({ "comment_text": "among us", "is_internal": true }));
        mia.put(&format!("/api/crm/cases/{id}"), json!({ "priority_id": 4, "owner_id": mia.id })).ok();
        mia.post(&format!("/api/crm/cases/{id}/escalations"), json!({ "escalation_reason": "technical" })).created();
        dora.comments(others, json!({ "comment_text": "hello" }));
        mia.comments(id, json!({ "comment_text": "hello" }));
        let shared = emil.opens(json!({ "subject": "emil's" }));
        let last = carl.opens(json!({ "subject": "last" }));
        let told = listener.until_created(last);
        // The answer opens the case.
        let expected = [(id, "created"), (id, "comment_added"), (id, "status_changed"), (last, "created")];
        let mut sorted = kinds(&told);
        sorted.sort();
        let mut expected = expected.map(|(id, kind)| (id, kind.to_owned()));
        expected.sort();
        assert_eq!(sorted, expected);
        for message in &told {
            let mut fields: Vec<&String> = message.data.as_object().unwrap().keys().collect();
            fields.sort();
            assert_eq!(fields, ["at", "case_id", "case_number", "kind"]);
        }
        assert_eq!(kinds(&colleague.until_created(shared)), [(shared, "created".to_owned())]);
        // Customers hear no totals: had there been any, they would stand before this.
        assert!(told.iter().all(|message| message.event.starts_with("case_")));
    }

    fn users_hear_who_is_at_a_case_and_customers_do_not(desk) {
        let (ana, mia, carl) = (desk.agent("ana"), desk.manager("mia"), desk.contact("carl"));
        let id = carl.opens(json!({ "subject": "carl's" }));
        let mut listener = Listener::of(desk.address, &mia, None);
        let mut customer = Listener::of(desk.address, &carl, None);
        let path = format!("/api/crm/cases/{id}/presence");
        let mut told = |users: Value| {
            while let Some(message) = listener.next() {
                if message.event == "presence" {
                    assert_eq!(message.data, json!({ "case_id": id, "users": users }));
                    assert_eq!(message.id, None);
                    return;
                }
            }
            panic!("the stream has ended");
        };
        ana.put(&path, json!({ "typing": false })).ok();
        told(json!([{ "user_id": ana.id, "name": "ana", "is_typing": false }]));
        ana.put(&path, json!({ "typing": true })).ok();
        told(json!([{ "user_id": ana.id, "name": "ana", "is_typing": true }]));
        ana.delete(&path).status(204);
        told(json!([]));
        ana.put(&path, json!({ "typing": false })).ok();
        told(json!([{ "user_id": ana.id, "name": "ana", "is_typing": false }]));
        // Whoever gives no sign of life has gone.
        desk.later(1);
        told(json!([]));
        let last = carl.opens(json!({ "subject": "last" }));
        let heard = customer.until_created(last);
        assert!(heard.iter().all(|message| message.event.starts_with("case_")), "{heard:?}");
    }

    fn a_case_that_was_handed_over_begins_there(desk) {
        let mia = desk.manager("mia");
        let (carl, dora) = (desk.contact("carl"), desk.contact("dora"));
        let mut probe = Listener::of(desk.address, &dora, None);
        let probed = dora.opens(json!({ "subject": "probe" }));
        let seen = probe.until_created(probed).pop().unwrap().id.unwrap();
        let id = carl.opens(json!({ "subject": "carl's" }));
        carl.comments(id, json!({ "comment_text": "private" }));
        mia.put(&format!("/api/crm/cases/{id}"), json!({ "contact_id": dora.id })).ok();
        mia.comments(id, json!({ "comment_text": "to dora" }));
        let mut again = Listener::of(desk.address, &dora, Some(&seen));
        let last = dora.opens(json!({ "subject": "last" }));
        let told = kinds(&again.until_created(last));
        assert!(told.contains(&(id, "comment_added".into())));
        assert_eq!(told.iter().filter(|(case, kind)| *case == id && kind == "comment_added").count(), 1);
        assert!(!told.contains(&(id, "created".into())), "{told:?}");
    }

    fn a_stream_ends_with_its_token(desk) {
        let (ada, ana) = (desk.admin(), desk.agent("ana"));
        let mut listener = Listener::of(desk.address, &ana, None);
        let carl = desk.contact("carl");
        let mut customer = Listener::of(desk.address, &carl, None);
        let tokens = ada.get(&format!("/api/crm/tokens?user_id={}", ana.id)).ok();
        let token = tokens["tokens"][0]["token_id"].as_i64().unwrap();
        ada.delete(&format!("/api/crm/tokens/{token}")).status(204);
        while listener.next().is_some() {}
        ada.delete(&format!("/api/crm/contacts/{}", carl.id)).status(204);
        while customer.next().is_some() {}
        // One whose time has come.
        let email = desk.texts(&format!("select email from crm_users where user_id = {}", ada.id), vec![]);
        let soon = desk.clock.now().plus_minutes(5);
        let short = desk.token_with(&email[0], steward::people::Scope::Read, Some(soon));
        let mut passing = Listener::of(desk.address, &desk.bearer(&short), None);
        assert_eq!(passing.next().unwrap().event, "totals");
        desk.later(6);
        while passing.next().is_some() {}
    }

    fn a_stream_is_for_the_known_and_takes_a_place_of_its_own(desk) {
        desk.stranger().get("/api/crm/support/live").status(401);
        let mia = desk.manager("mia");
        let path = "/api/crm/support/live";
        mia.get(&format!("{path}?token=x")).status(400);
        for last in ["x", "1", "1-2-3", "--"] {
            mia.ask(Method::GET, path).header("last-event-id", last).send().status(400);
        }
    }

    fn the_server_ends_without_waiting_for_listeners(desk) {
        let mia = desk.manager("mia");
        let mut listener = Listener::of(desk.address, &mia, None);
        desk.stop();
        while listener.next().is_some() {}
        // Had the server waited until its patience was over, the connection would have been cut.
        assert!(listener.1);
    }
}

each_engine! {
    fn a_full_house_says_when_to_come_back(engine) {
        let desk = &Desk::with(engine, |config| { config.max_listeners = 2; config.max_connections = 2; }, None);
        let mia = desk.manager("mia");
        let _listeners = [Listener::of(desk.address, &mia, None), Listener::of(desk.address, &mia, None)];
        // Listeners are not counted among the connections, or nobody could ask any more.
        let refused = mia.get("/api/crm/support/live");
        assert_eq!(refused.code, 429);
        assert!(refused.header("retry-after").is_some());
        mia.opens(json!({ "subject": "a" }));
    }

    fn a_customer_takes_nobodys_place(engine) {
        let desk = &Desk::with(engine, |config| config.max_listeners = 42, None);
        let (mia, carl) = (desk.manager("mia"), desk.contact("carl"));
        let mut listeners: Vec<Listener> = (0..20).map(|_| Listener::of(desk.address, &carl, None)).collect();
        assert_eq!(carl.get("/api/crm/support/live").code, 429);
        listeners.push(Listener::of(desk.address, &desk.contact("dora"), None));
        // Half of all places, together.
        assert_eq!(desk.contact("emil").get("/api/crm/support/live").code, 429);
        listeners.push(Listener::of(desk.address, &mia, None));
        let id = carl.opens(json!({ "subject": "a" }));
        listeners.last_mut().unwrap().until_created(id);
    }

    fn what_one_node_does_is_heard_at_the_other(engine) {
        let place = Place::empty(engine);
        let one = Node::serve(&place);
        let folder = tempfile::tempdir().unwrap();
        // On SQLite the nodes are two processes on one file.
        let other = match engine {
            Engine::Sqlite => Node::serve(&place),
            Engine::Postgres => Node::serve_in(folder.path(), place.database_flag()),
        };
        let ada = one.admin();
        let mut listener = Listener::of(other.address(), &ada, None);
        let ids: Vec<i64> = (0..30).map(|n| ada.opens(json!({ "subject": format!("case {n}") }))).collect();
        let told = kinds(&listener.until_created(ids[29]));
        assert_eq!(told, ids.iter().map(|id| (*id, "created".to_owned())).collect::<Vec<_>>());
    }

    fn who_is_at_a_case_is_heard_at_other_nodes_of_a_server(engine) {
        // On SQLite another process is another desk's neighbour: nothing carries what is not stored.
        if engine == Engine::Sqlite {
            return;
        }
        let place = Place::empty(engine);
        let one = Node::serve(&place);
        let folder = tempfile::tempdir().unwrap();
        let other = Node::serve_in(folder.path(), place.database_flag());
        let ada = one.admin();
        let id = ada.opens(json!({ "subject": "a" }));
        let path = format!("/api/crm/cases/{id}/presence");
        let mut listener = Listener::of(other.address(), &ada, None);
        for (typing, expected) in [(false, 1), (true, 1)] {
            ada.put(&path, json!({ "typing": typing })).ok();
            let told = std::iter::from_fn(|| listener.next()).find(|message| message.event == "presence").unwrap();
            let users = told.data["users"].as_array().unwrap().clone();
            assert_eq!((users.len(), users[0]["is_typing"].as_bool()), (expected, Some(typing)));
        }
        ada.delete(&path).status(204);
        let told = std::iter::from_fn(|| listener.next()).find(|message| message.event == "presence").unwrap();
        assert_eq!(told.data, json!({ "case_id": id, "users": [] }));
    }

    fn who_does_not_listen_is_let_go(engine) {
        let desk = &Desk::new(engine);
        let mia = desk.manager("mia");
        let mut slow = Listener::of(desk.address, &mia, None);
        let id = mia.opens(json!({ "subject": "a" }));
        for _ in 0..20 {
            desk.execute(&format!(
                "insert into crm_case_events (case_id, kind, actor_kind, data, at)
                 with recursive n (i) as (select 1 union all select i + 1 from n where i < 5000)
                 select {id}, 'warned', 'system', '{{}}', '2026-03-02T09:00:00.000Z' from n"
            ));
        }
        // A hundred thousand events are more than the sockets of this machine hold. Once the follower is through, ...
        let mut fast = Listener::of(desk.address, &mia, None);
        let last = mia.opens(json!({ "subject": "b" }));
        fast.until_created(last);
        // ... what is still unread ends with a reset.
        let mut text = String::new();
        slow.0.read_to_string(&mut text).unwrap();
        assert!(text.contains("event: reset"), "{}", text.len());
    }
}
