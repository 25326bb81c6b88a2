//! `declass explain`: codes of findings, checks and metrics, and words of the glossary.

use anyhow::{Result, bail};
use declass::evidence::{
    Definition,
    code::{CODES, Code, Verdict, code},
};
use serde_json::json;

use super::{Exit, args::ExplainArgs, glossary, output::Printer, schema::Schema};

pub(super) fn run(args: &ExplainArgs, printer: &Printer) -> Result<Exit> {
    let answer = match &args.what {
        None => Answer { codes: CODES.to_vec(), ..Answer::default() },
        Some(what) => Answer::on(what),
    };
    let Answer { codes, checks, words } = &answer;
    if let (Some(what), true, true, true) =
        (&args.what, codes.is_empty(), checks.is_empty(), words.is_empty())
    {
        bail!("nothing is known of `{what}`; {}", advice(what));
    }
    if args.json {
        let codes: Vec<_> = codes.iter().map(|code| as_json(code)).collect();
        let words: Vec<_> =
            words.iter().map(|entry| json!({"word": entry.word, "text": entry.text()})).collect();
        printer.answer(Schema::Explain, &json!({"codes": codes, "checks": checks, "words": words}))?;
    } else if args.what.is_some() {
        codes.iter().for_each(|code| explain(code, printer));
        checks.iter().for_each(|check| define(check, printer));
        for entry in words {
            printer.row(&entry.word.to_lowercase(), "");
            entry.text().lines().for_each(|line| printer.row("", line));
        }
    } else {
        list(codes, printer);
    }
    Ok(Exit::Yes)
}

/// What is known of a word.
#[derive(Default)]
struct Answer {
    codes: Vec<&'static Code>,
    checks: Vec<&'static Definition>,
    words: Vec<glossary::Entry>,
}

impl Answer {
    fn on(what: &str) -> Self {
        let id = what.trim().to_lowercase().replace([' ', '_'], "-");
        let checks = definitions().into_iter().filter(|definition| definition.id == id).collect();
        Self { codes: code(&written(what)).into_iter().collect(), checks, words: glossary::find(what) }
    }
}

/// A code as it is printed, however it was typed: `DC2011` of `dc2011` and `2011`.
fn written(id: &str) -> String {
    let id = id.trim().to_uppercase();
    if id.starts_with("DC") { id } else { format!("DC{id}") }
}

#[cfg(feature = "compute")]
fn definitions() -> Vec<&'static Definition> {
    declass::verify::DEFINITIONS.into_iter().chain(declass::evaluate::DEFINITIONS).collect()
}

#[cfg(not(feature = "compute"))]
fn definitions() -> Vec<&'static Definition> {
    Vec::new()
}

/// What else could be meant.
fn advice(what: &str) -> String {
    let likeness = |name: &str| strsim::jaro_winkler(name, &what.trim().to_lowercase());
    let checks = definitions().into_iter().map(|definition| definition.id.to_owned());
    let words = glossary::words().into_iter().map(|word| word.to_lowercase());
    let mut near: Vec<String> = checks.chain(words).filter(|name| likeness(name) > LIKE).collect();
    near.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
    near.truncate(3);
    match near.is_empty() {
        true => "`declass explain` lists all codes and words".to_owned(),
        false => format!("is it `{}`?", near.join("`, `")),
    }
}

/// How alike two words are of which one may be meant by the other.
const LIKE: f64 = 0.8;

fn list(codes: &[&Code], printer: &Printer) {
    let column = codes.iter().map(|code| code.name.len()).max().unwrap_or_default() + 2;
    for code in codes {
        printer.row(code.id, format!("{:<column$}{}", code.name, means(code.verdict)));
    }
    let checks: Vec<&str> = definitions().iter().map(|definition| definition.id).collect();
    if !checks.is_empty() {
        printer.row("checks", checks.join(", "));
    }
    printer.row("words", glossary::words().join(", ").to_lowercase());
    printer.row(
        "",
        "`declass explain CODE`, `declass explain CHECK` or `declass explain WORD` says what it means",
    );
}

fn explain(code: &Code, printer: &Printer) {
    printer.row(code.id, format!("{} ({})", code.name, means(code.verdict)));
    printer.row("means", code.meaning);
    printer.row("do", code.remedy);
}

fn define(check: &Definition, printer: &Printer) {
    printer.row(check.id, format!("version {}", check.version));
    printer.row("shows", check.shows);
    printer.row("how", check.formula);
    printer.row("on", check.data);
    printer.limit("limits", format!("does not show {}", check.not_shown));
}

fn means(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::No => "rejected, exit 1",
        Verdict::Unknown => "no verdict, exit 2",
    }
}

fn as_json(code: &Code) -> serde_json::Value {
    let verdict = if code.verdict == Verdict::No { "no" } else { "unknown" };
    json!({"code": code.id, "name": code.name, "verdict": verdict, "meaning": code.meaning, "remedy": code.remedy})
}
