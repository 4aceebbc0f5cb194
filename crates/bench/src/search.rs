//! `bin/bench search`: how well questions find their answers in a public test collection.
//!
//! A collection is a folder in the form of BEIR: `corpus.jsonl` (`_id`, `title`, `text`), `queries.jsonl` (`_id`, `text`)
//! and `qrels.tsv` (question, document, relevance; a line of headings first).

use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

use db::{Class, Db, Options};
use steward::schema::STEPS;
use steward::search::articles::{self, ArticleText, Asked, Audience, Edition};
use steward::start::Fatal;
use steward::{Actor, App, Clock, Time, commands};

use crate::server;

/// Hits that are judged.
const DEPTH: usize = 10;
/// Documents indexed in one transaction.
const PORTION: usize = 500;

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

/// Indexes the collection in an empty database, asks its questions and says how good the answers are.
pub fn measure(name: &str, database: &str, collection: &Collection) -> Result<(), Fatal> {
    let db = Db::open(Options::new(database))?;
    db.migrate(STEPS, None)?;
    let now = Time::parse("2026-03-02T09:00:00Z").ok_or("no instant")?;
    let app = App::new(db, server::config(database)?, Clock::at(now), None);
    let begun = Instant::now();
    let mut first = 1;
    for portion in collection.documents.chunks(PORTION) {
        let portion = portion.to_vec();
        app.write_blocking(Actor::System, move |work| {
            for (id, document) in (first..).zip(&portion) {
                let (title, content) = (document.title.as_str(), document.text.as_str());
                let text = ArticleText { title, keywords: &[], tags: &[], summary: "", content };
                articles::put(work, id, Edition::Published, false, &text)?;
            }
            Ok(())
        })?;
        first += PORTION as i64;
    }
    let indexed = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    let (mut gain, mut recall) = (0.0, 0.0);
    for question in &collection.questions {
        let ranked = ask(&app, collection, &question.text)?;
        let relevance = &collection.relevance[&question.id];
        gain += ndcg(&ranked, relevance);
        let relevant = relevance.values().filter(|score| **score > 0.0).count();
        let found = ranked.iter().filter(|id| relevance.get(**id).is_some_and(|score| *score > 0.0)).count();
        recall += found as f64 / relevant.max(1) as f64;
    }
    let questions = collection.questions.len() as f64;
    commands::say(&format!(
        "{name}: nDCG@{DEPTH} {:.4}, Recall@{DEPTH} {:.4} ({questions} questions, {} documents indexed in {indexed:.1} s, \
         {:.2} ms a question)",
        gain / questions,
        recall / questions,
        collection.documents.len(),
        begun.elapsed().as_secs_f64() * 1e3 / questions
    ));
    Ok(())
}

/// The ids of the documents that the public is shown.
fn ask<'a>(app: &App, collection: &'a Collection, text: &str) -> Result<Vec<&'a str>, Fatal> {
    let text = text.to_owned();
    let found = app.read_blocking(Class::Slow, Actor::Anonymous, move |work| {
        let audience = Audience::Public;
        let asked =
            Asked { text: &text, audience, published: true, drafts: false, among: None, except: None };
        articles::find(work, &asked)
    })?;
    let ids = found.hits.iter().take(DEPTH).filter_map(|hit| usize::try_from(hit.article_id - 1).ok());
    Ok(ids.filter_map(|place| collection.documents.get(place)).map(|document| document.id.as_str()).collect())
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
