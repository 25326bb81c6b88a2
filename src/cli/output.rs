//! Everything that is printed goes through here: data to stdout, the rest to stderr, nothing a model says can
//! control the terminal.

use std::{
    io::{self, Write},
    sync::OnceLock,
};

use anstyle::{AnsiColor, Style};
use declass::{
    classes::Labels,
    evidence::{Check, Figure, Outcome, words},
};
use serde::Serialize;
use serde_json::{Map, Value};

pub(super) use words::grouped;

use super::{Exit, advice, schema::Schema};

/// How much the user asked for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Verbosity {
    /// Nothing but errors and JSON.
    Quiet,
    /// One line per step or finding.
    Normal,
    /// Every detail.
    Verbose,
}

/// Prints as much as the user asked for.
pub(super) struct Printer {
    verbosity: Verbosity,
    /// How many columns stdout has, if it is a terminal or somebody says so.
    columns: Option<usize>,
    /// Why something could not be printed.
    failed: OnceLock<io::Error>,
}

/// Width of the first column.
const COLUMN: usize = 16;
/// Columns of text that are never fallen short of, however narrow the terminal is.
const NARROWEST: usize = 24;

impl Printer {
    pub(super) fn new(verbosity: Verbosity) -> Self {
        Self { verbosity, columns: columns(), failed: OnceLock::new() }
    }

    /// Why not all was printed, if somebody wanted to read it.
    pub(super) fn failure(self) -> Option<io::Error> {
        self.note(io::stdout().flush());
        self.failed.into_inner()
    }

    fn note(&self, written: io::Result<()>) {
        if let Err(error) = as_far_as_read(written) {
            // The first one tells.
            let _ = self.failed.set(error);
        }
    }

    /// Whether nothing but errors shall be printed.
    pub(super) fn is_quiet(&self) -> bool {
        self.verbosity == Verbosity::Quiet
    }

    /// Whether every detail shall be printed.
    pub(super) fn is_verbose(&self) -> bool {
        self.verbosity == Verbosity::Verbose
    }

    /// One finding: a word, and what there is to say.
    pub(super) fn row(&self, name: &str, text: impl AsRef<str>) {
        self.styled(Style::new().bold(), name, text.as_ref());
    }

    /// A verdict: green for a yes, red for a no, yellow for what could not be told.
    pub(super) fn verdict(&self, exit: Exit, text: impl AsRef<str>) {
        let colour = match exit {
            Exit::Yes => AnsiColor::Green,
            Exit::No => AnsiColor::Red,
            Exit::Unknown => AnsiColor::Yellow,
        };
        self.styled(Style::new().bold().fg_color(Some(colour.into())), "verdict", text.as_ref());
    }

    /// What a result does not say.
    pub(super) fn limit(&self, name: &str, text: impl AsRef<str>) {
        self.styled(Style::new().fg_color(Some(AnsiColor::Yellow.into())), name, text.as_ref());
    }

    /// A finding of interest to some only.
    pub(super) fn detail(&self, name: &str, text: impl AsRef<str>) {
        if self.verbosity == Verbosity::Verbose {
            self.styled(Style::new().dimmed(), name, text.as_ref());
        }
    }

    /// A check: coloured by what it says; `labels` are those of the original.
    pub(super) fn check(&self, check: &Check, labels: Option<&Labels>) {
        let (word, colour) = match check.outcome {
            Outcome::Failed => ("FAILED", AnsiColor::Red),
            Outcome::Informative => ("", AnsiColor::Yellow),
            Outcome::Passed => ("ok", AnsiColor::Green),
        };
        let text = format!("{:<22} {}", check.definition.id, check.summary);
        self.styled(Style::new().fg_color(Some(colour.into())), &format!("{:9}{word}", ""), &text);
        self.figures(&check.figures, labels);
    }

    /// Figures, for those who want to see them.
    pub(super) fn figures(&self, figures: &[Figure], labels: Option<&Labels>) {
        figures.iter().for_each(|figure| self.detail("", format!("  {}", words::line(figure, labels))));
    }

    /// A row whose name has a style; further lines of the text stand below its first.
    fn styled(&self, style: Style, name: &str, text: &str) {
        if self.verbosity > Verbosity::Quiet {
            let mut out = anstream::stdout();
            let name = harmless(name);
            let width = name.chars().count();
            let gap = if width < COLUMN { COLUMN - width } else { 2 };
            for (number, line) in self.lines(&harmless(text)).iter().enumerate() {
                let line = match number {
                    0 => format!("{style}{name}{style:#}{:gap$}{line}", ""),
                    _ => format!("{:COLUMN$}{line}", ""),
                };
                // Blanks at the end could not be cut off behind the style's own end.
                self.note(writeln!(out, "{}", line.trim_end()));
            }
        }
    }

    /// Text as lines that the terminal has room for; one line where nobody says how wide it is.
    fn lines(&self, text: &str) -> Vec<String> {
        let Some(columns) = self.columns else { return vec![text.to_owned()] };
        let room = columns.saturating_sub(COLUMN).max(NARROWEST);
        // What begins further in goes on there.
        let indent = " ".repeat(text.len() - text.trim_start().len());
        let options = textwrap::Options::new(room)
            .break_words(false)
            .subsequent_indent(&indent)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        let text = unbroken(text);
        textwrap::wrap(&text, options).into_iter().map(|line| line.replace(UNBROKEN, " ")).collect()
    }

    /// A line for another program, whatever the verbosity.
    pub(super) fn line(&self, text: &str) {
        self.note(writeln!(io::stdout(), "{}", harmless(text)));
    }

    /// The result as a JSON object that says first what it is, whatever the verbosity.
    pub(super) fn answer(&self, schema: Schema, fields: &Value) -> io::Result<()> {
        let mut answer = Map::from_iter([("schema".to_owned(), Value::from(schema.name()))]);
        answer.extend(
            fields.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())),
        );
        self.json(&answer)
    }

    /// A JSON document of a format that others define, whatever the verbosity.
    pub(super) fn json(&self, value: &impl Serialize) -> io::Result<()> {
        let mut out = io::stdout().lock();
        let written = serde_json::to_writer_pretty(&mut out, value).map_err(io::Error::from);
        as_far_as_read(written.and_then(|()| writeln!(out)))
    }

    /// What could as well be written to a file, byte for byte, whatever the verbosity.
    pub(super) fn file(&self, text: &str) -> io::Result<()> {
        as_far_as_read(io::stdout().lock().write_all(text.as_bytes()))
    }

    /// A word of warning, on stderr.
    pub(super) fn warn(&self, text: &str) {
        if self.verbosity > Verbosity::Quiet {
            let style = Style::new().fg_color(Some(AnsiColor::Yellow.into())).bold();
            let _ = writeln!(anstream::stderr(), "{style}warning{style:#}: {}", harmless(text));
        }
    }

    /// An error with its causes and a hint, on stderr.
    pub(super) fn error(&self, error: &anyhow::Error) {
        let red = Style::new().fg_color(Some(AnsiColor::Red.into())).bold();
        let cyan = Style::new().fg_color(Some(AnsiColor::Cyan.into())).bold();
        let mut err = anstream::stderr();
        let mut said = error.to_string();
        let _ = writeln!(err, "{red}error{red:#}: {}", harmless(&said));
        for cause in error.chain().skip(1).map(ToString::to_string) {
            // The device library appends a backtrace to what it says.
            let first = cause.lines().next().unwrap_or_default();
            if !said.contains(first) {
                let _ = writeln!(err, "  caused by: {}", harmless(first));
            }
            said = cause;
        }
        if let Some(hint) = advice::on(error) {
            let _ = writeln!(err, "\n{cyan}hint{cyan:#}: {}", harmless(&hint));
        }
    }
}

/// A blank at which no line ends.
const UNBROKEN: char = '\u{a0}';

/// Text whose numbers stay with their digits and units: `1 234`, `71.3 %`.
fn unbroken(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let joins = |at: usize| {
        let (before, after) = (at.checked_sub(1).and_then(|at| letters.get(at)), letters.get(at + 1));
        let digit = |letter: Option<&char>| letter.is_some_and(char::is_ascii_digit);
        digit(before) && (digit(after) || after == Some(&'%'))
    };
    letters.iter().enumerate().map(|(at, c)| if *c == ' ' && joins(at) { UNBROKEN } else { *c }).collect()
}

/// Columns of the terminal that stdout is, or else what the environment says of one.
fn columns() -> Option<usize> {
    let terminal = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    terminal.or_else(|| std::env::var("COLUMNS").ok()?.parse().ok()).filter(|columns| *columns > 0)
}

/// A reader that has seen enough and closes the pipe, as `head` does, is nobody's error.
fn as_far_as_read(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Text from a model without characters that a terminal would obey, those that turn the direction of writing
/// included.
fn harmless(text: &str) -> String {
    let obeyed = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if obeyed(c) { '\u{fffd}' } else { c }).collect()
}

/// `1 file`, `2 files`.
pub(super) fn counted(number: usize, what: &str) -> String {
    format!("{} {what}{}", grouped(number as u64), if number == 1 { "" } else { "s" })
}

/// `1.2 MB`.
pub(super) fn size(bytes: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", bytes as f64 / unit as f64),
        None => format!("{bytes} B"),
    }
}
