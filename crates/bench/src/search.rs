//! `bin/bench search`: how well questions find their answers in a public test collection.
//!
//! A collection is a folder in the form of BEIR: `corpus.jsonl` (`_id`, `title`, `text`), `queries.jsonl` (`_id`, `text`)
//! and `qrels.tsv` (question, document, relevance; a line of headings first).

use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

use serde_json::json;
use steward::start::Fatal;
use steward::{Actor, commands};

use crate::seed;
use crate::server::{self, Server};

/// Hits that are judged.
const DEPTH: usize = 10;

#[derive(serde::Deserialize, Clone)]
struct Document {
    #[serde(rename = "_id")]
    id: String,
    title: String,
    text: String,
}

#[derive(serde::Deserialize, Clone)]
struct Question {
    #[serde(rename = "_id")]
    id: String,
    text: String,
}

pub struct Collection {
    documents: Vec<Document>,
    questions: Vec<Question>,
    /// By question and document, how relevant it is.
    relevance: HashMap<String, HashMap<String, f64>>,
}

impl Collection {
    pub fn read(folder: &Path) -> Result<Collection, Fatal> {
        let mut relevance: HashMap<String, HashMap<String, f64>> = HashMap::new();
        for line in std::fs::read_to_string(folder.join("qrels.tsv"))?.lines().skip(1) {
            let [question, document, score] = line.split('\t').collect::<Vec<_>>()[..] else {
                return Err(format!("qrels.tsv: not three columns: {line}").into());
            };
            relevance.entry(question.into()).or_default().insert(document.into(), score.parse()?);
        }
        let mut questions: Vec<Question> = lines(&folder.join("queries.jsonl"))?;
        questions.retain(|question| relevance.contains_key(&question.id));
        Ok(Collection { documents: lines(&folder.join("corpus.jsonl"))?, questions, relevance })
    }
}

fn lines<T: serde::de::DeserializeOwned>(file: &Path) -> Result<Vec<T>, Fatal> {
    let text = std::fs::read_to_string(file)?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// Publishes the collection as articles through the API of a server on an empty database, asks its questions of the public
/// search, and says how good the answers are.
pub fn measure(name: &str, database: &str, collection: &Collection) -> Result<(), Fatal> {
    let app = server::open(database, true)?;
    app.write_blocking(Actor::System, seed::people)?;
    app.db.clone().close();
    let served = Server::start(database, true)?;
    let api = Api::new(&served.address);
    let begun = Instant::now();
    let mut documents = HashMap::new();
    for document in &collection.documents {
        documents.insert(api.publish(document)?, document.id.as_str());
    }
    let published = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    let (mut gain, mut recall) = (0.0, 0.0);
    for question in &collection.questions {
        let found = api.search(&question.text)?;
        let ranked: Vec<&str> = found.iter().filter_map(|id| documents.get(id).copied()).collect();
        let relevance = &collection.relevance[&question.id];
        gain += ndcg(&ranked, relevance);
        let relevant = relevance.values().filter(|score| **score > 0.0).count();
        let found = ranked.iter().filter(|id| relevance.get(**id).is_some_and(|score| *score > 0.0)).count();
        recall += found as f64 / relevant.max(1) as f64;
    }
    let questions = collection.questions.len() as f64;
    commands::say(&format!(
        "{name}: nDCG@{DEPTH} {:.4}, Recall@{DEPTH} {:.4} ({questions} questions, {} articles published in {published:.1} s, \
         {:.2} ms a question)",
        gain / questions,
        recall / questions,
        collection.documents.len(),
        begun.elapsed().as_secs_f64() * 1e3 / questions
    ));
    served.stop()
}

/// The API, as an author and as a stranger use it.
struct Api {
    agent: ureq::Agent,
    address: String,
}

#[derive(serde::Deserialize)]
struct Made {
    article: Id,
}

#[derive(serde::Deserialize)]
struct Found {
    articles: Vec<Id>,
}

#[derive(serde::Deserialize)]
struct Id {
    article_id: i64,
}

impl Api {
    fn new(address: &str) -> Api {
        Api {
            agent: ureq::Agent::new_with_defaults(),
            address: format!("http://{address}/api/crm/knowledge"),
        }
    }

    /// The id of the article that it became.
    fn publish(&self, document: &Document) -> Result<i64, Fatal> {
        // An article has a title; a document of a collection may lack one.
        let title = if document.title.trim().is_empty() { "Untitled" } else { document.title.trim() };
        let title: String = title.chars().take(500).collect();
        let draft = json!({ "title": title, "content": document.text, "status": "published" });
        let asked = self.agent.post(&self.address).header("authorization", format!("Bearer {}", seed::TOKEN));
        let made: Made = asked.send_json(draft)?.body_mut().read_json()?;
        Ok(made.article.article_id)
    }

    /// The ids of the articles that a stranger is shown.
    fn search(&self, text: &str) -> Result<Vec<i64>, Fatal> {
        let asked = self.agent.get(&self.address).query("search", text).query("limit", DEPTH.to_string());
        let found: Found = asked.call()?.body_mut().read_json()?;
        Ok(found.articles.into_iter().map(|article| article.article_id).collect())
    }
}

/// Normalised discounted cumulative gain, as trec_eval reckons it.
fn ndcg(ranked: &[&str], relevance: &HashMap<String, f64>) -> f64 {
    let gain = |scores: &mut dyn Iterator<Item = f64>| -> f64 {
        scores.take(DEPTH).zip(2_u32..).map(|(score, place)| score / f64::from(place).log2()).sum()
    };
    let mut ideal: Vec<f64> = relevance.values().copied().collect();
    ideal.sort_by(|a, b| b.total_cmp(a));
    let best = gain(&mut ideal.into_iter());
    let reached = gain(&mut ranked.iter().map(|id| relevance.get(*id).copied().unwrap_or(0.0)));
    if best > 0.0 { reached / best } else { 0.0 }
}
