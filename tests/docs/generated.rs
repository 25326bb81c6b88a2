//! Parts of the book that the program writes itself: help texts, codes of findings, methods.

use std::{collections::BTreeMap, fmt::Write, fs, process::Command};

use declass::{
    blueprint, evaluate,
    evidence::{Definition, Origin},
    inputs,
    pipeline::REPRODUCTION,
    run, verify,
};
use serde_json::Value;

use crate::book::{BOOK, Page, files, root};

/// Set to write what is generated instead of comparing it.
const UPDATE: &str = "DECLASS_UPDATE";
/// What stands above a generated part, with the command that it is of in backticks.
const BEGIN: &str = "<!-- Written by `DECLASS_UPDATE=1 cargo test --test docs`. -->";

#[test]
fn the_pages_of_commands_end_with_their_help() {
    for path in files(&format!("{BOOK}/commands"), "md") {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if name != "index" {
            let own = help(&[&name]);
            let mut text = format!("## Options\n\n{}", block(&own));
            for below in subcommands(&own) {
                write!(text, "\n### declass {name} {below}\n\n{}", block(&help(&[&name, &below]))).unwrap();
            }
            settle(&path.to_string_lossy(), &text);
        }
    }
}

#[test]
fn the_list_of_findings_is_that_of_the_program() {
    let mut text = String::new();
    for code in list(&["explain", "--json"], "codes") {
        let verdict = match code["verdict"].as_str() {
            Some("no") => "The gate says no (exit code 1).",
            Some("unknown") => "Could not be checked (exit code 2).",
            other => panic!("{other:?}"),
        };
        let [id, name, meaning, remedy] = ["code", "name", "meaning", "remedy"].map(|key| word(&code, key));
        write!(text, "## {id}\n\n**{name}**. {verdict}\n\n{meaning}\n\nWhat to do: {remedy}.\n\n").unwrap();
    }
    settle(&format!("{BOOK}/reference/findings.md"), &text);
}

#[test]
fn the_list_of_methods_is_that_of_the_program() {
    let mut text = String::new();
    for method in list(&["methods", "--json"], "methods") {
        let [name, summary, data, changes, source] =
            ["name", "summary", "data", "changes", "source"].map(|key| word(&method, key));
        let default = if method["default"] == true { " (the default)" } else { "" };
        write!(text, "## {name}\n\n{summary}{default}.\n\n- Looks at: {data}\n- Changes: {changes}\n")
            .unwrap();
        writeln!(text, "- Source: {source}").unwrap();
        if let [first, _, ..] = method["optimizers"].as_array().unwrap().as_slice() {
            let first = first.as_str().unwrap();
            let what =
                "from the minimum of the loss in closed form; `sgd`: by gradient descent, as in the paper";
            writeln!(text, "- `--set optimizer={first}`: {what}").unwrap();
        }
        for setting in method["settings"].as_array().unwrap() {
            let [name, summary] = ["name", "summary"].map(|key| word(setting, key));
            let [default, least, most] = ["default", "least", "most"].map(|key| &setting[key]);
            writeln!(text, "- `--set {name}={default}`: {summary} ({least} to {most})").unwrap();
        }
        text.push('\n');
    }
    settle(&format!("{BOOK}/reference/methods.md"), &text);
}

#[test]
fn the_list_of_checks_is_that_of_the_program() {
    let parts = [
        ("Checks of `declass verify`", [&verify::DEFINITIONS[..], &[&REPRODUCTION]].concat()),
        ("Metrics of `declass evaluate`", evaluate::DEFINITIONS.to_vec()),
    ];
    let mut text = String::new();
    for (title, definitions) in parts {
        write!(text, "## {title}\n\n").unwrap();
        for Definition { id, version, formula, origin, data, shows, not_shown, .. } in definitions {
            let origin = match origin {
                Origin::ModelFiles => "the model's files",
                Origin::Register => "a register",
                Origin::Synthetic => "synthetic embeddings",
                Origin::UserData => "labelled embeddings of the user",
            };
            write!(text, "### {id}\n\nVersion {version}, on {origin}: {data}.\n\n").unwrap();
            write!(text, "- How: {formula}\n- Shows: {shows}\n- Does not show: {not_shown}\n\n").unwrap();
        }
    }
    settle(&format!("{BOOK}/reference/checks.md"), &text);
}

#[test]
fn the_list_of_operators_is_that_of_the_program() {
    settle(&format!("{BOOK}/reference/operators.md"), &format!("{}.", quoted(&run::operators())));
}

#[test]
fn the_tables_of_own_data_are_those_of_the_program() {
    let mut text = String::from("## What is read\n\n| examples | files that end in |\n|---|---|\n");
    for (kind, endings) in inputs::kinds() {
        writeln!(text, "| {kind} | {} |", quoted(endings)).unwrap();
    }
    write!(text, "\n## Image processors of transformers\n\n{}.\n\n", quoted(&inputs::processors())).unwrap();
    write!(text, "## Feature extractors\n\n{}.\n\n", quoted(inputs::extractors())).unwrap();
    write!(
        text,
        "## Tokenizers\n\n`tokenizer.json` made of these parts:\n\n| parts | by their `type` |\n|---|---|\n"
    )
    .unwrap();
    for (kind, names) in inputs::tokenizer_parts() {
        writeln!(text, "| {kind} | {} |", quoted(names)).unwrap();
    }
    write!(text, "\n## Weights of torchvision\n\n| architecture | weights |\n|---|---|\n").unwrap();
    let mut weights: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in inputs::torchvision_weights() {
        let (architecture, weight) = name.split_once(' ').unwrap();
        weights.entry(architecture).or_default().push(weight);
    }
    for (architecture, weights) in weights {
        writeln!(text, "| `{architecture}` | {} |", quoted(&weights)).unwrap();
    }
    settle(&format!("{BOOK}/own-data.md"), &text);
}

#[test]
fn the_list_of_families_is_that_of_the_program() {
    let mut text = String::from(
        "## Classes of transformers\n\n| family | `architectures` of config.json |\n|---|---|\n",
    );
    for (family, classes) in blueprint::families() {
        writeln!(text, "| {family} | {} |", quoted(&classes)).unwrap();
    }
    settle(&format!("{BOOK}/reference/families.md"), &text);
}

pub(crate) fn quoted(names: &[impl AsRef<str>]) -> String {
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

/// Compares the generated part of a page, which is all below the mark, or writes it.
pub(crate) fn settle(path: &str, generated: &str) {
    let page = Page::read(path.into());
    let head = page.text.split(BEGIN).next().unwrap_or_default().trim_end();
    let wanted = format!("{head}\n\n{BEGIN}\n\n{}\n", generated.trim_end());
    if std::env::var_os(UPDATE).is_some() {
        fs::write(root().join(path), wanted).unwrap();
    } else {
        assert!(page.text == wanted, "{path} is not up to date: run `{UPDATE}=1 cargo test --test docs`");
    }
}

/// The objects of a list that a command prints as JSON, by itself or as a field.
fn list(arguments: &[&str], field: &str) -> Vec<Value> {
    let printed: Value = serde_json::from_str(&declass(arguments)).unwrap();
    printed.as_array().or(printed[field].as_array()).unwrap().clone()
}

fn word<'a>(object: &'a Value, key: &str) -> &'a str {
    object[key].as_str().unwrap_or_else(|| panic!("no `{key}` in {object}"))
}

fn help(arguments: &[&str]) -> String {
    declass(&[arguments, &["--help"]].concat())
}

/// The names below `Commands:` in a help text.
fn subcommands(help: &str) -> Vec<String> {
    let lines =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help").map(str::to_owned).collect()
}

fn block(text: &str) -> String {
    format!("```text\n{}\n```\n", text.trim_end())
}

/// What the program prints, for a terminal of the usual width.
fn declass(arguments: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_declass")).args(arguments).env_remove("COLUMNS").output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}
