//! `declass explain`.

use anyhow::{Context, Result};
use declass::evidence::code::{CODES, Code, Verdict, code};
use serde_json::json;

use super::{Exit, args::ExplainArgs, output::Printer, schema::Schema};

pub(super) fn run(args: &ExplainArgs, printer: &Printer) -> Result<Exit> {
    let codes: Vec<&Code> = match &args.code {
        Some(id) => {
            vec![
                code(&written(id))
                    .with_context(|| format!("there is no code `{id}`: `declass explain` lists them"))?,
            ]
        }
        None => CODES.to_vec(),
    };
    if args.json {
        let codes: Vec<_> = codes.iter().map(|code| as_json(code)).collect();
        printer.answer(Schema::Explain, &json!({"codes": codes}))?;
    } else if args.code.is_some() {
        codes.iter().for_each(|code| explain(code, printer));
    } else {
        let column = codes.iter().map(|code| code.name.len()).max().unwrap_or_default() + 2;
        codes
            .iter()
            .for_each(|code| printer.row(code.id, format!("{:<column$}{}", code.name, means(code.verdict))));
        printer.row("", "`declass explain CODE` says what a code means and what to do");
    }
    Ok(Exit::Yes)
}

/// A code as it is printed, however it was typed: `DC2011` of `dc2011` and `2011`.
fn written(id: &str) -> String {
    let id = id.trim().to_uppercase();
    if id.starts_with("DC") { id } else { format!("DC{id}") }
}

fn explain(code: &Code, printer: &Printer) {
    printer.row(code.id, format!("{} ({})", code.name, means(code.verdict)));
    printer.row("means", code.meaning);
    printer.row("do", code.remedy);
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
