//! `--changed`: every input that gets another answer than before, as a line of a CSV file.

use std::{fmt::Write as _, path::Path};

use anyhow::Result;
use declass::{classes::Labels, evaluate::Evaluation, inputs::csv_cell};

use super::outside::write_outside;

/// What the columns are called.
const COLUMNS: &str = "id,label,before,after,probability_before,probability_after,margin_before,margin_after";

/// Writes the inputs that changed; the label is empty where there is none.
pub(super) fn write(out: &Path, release: &Path, evaluation: &Evaluation) -> Result<()> {
    let names = Names::of(evaluation.labels.as_ref());
    let mut text = format!("{COLUMNS}\n");
    for changed in &evaluation.changed {
        let label = changed.label.map_or_else(String::new, |class| names.cell(class));
        let [before, after] = [&changed.before, &changed.after];
        writeln!(
            text,
            "{},{label},{},{},{:.6},{:.6},{:.6},{:.6}",
            csv_cell(&changed.name),
            names.cell(before.class),
            names.cell(after.class),
            before.probability,
            after.probability,
            before.margin,
            after.margin
        )?;
    }
    write_outside(out, release, text.as_bytes())
}

/// How classes are called in the file: by their labels, or by their indices if these do not tell them apart.
struct Names<'a>(Option<&'a Labels>);

impl<'a> Names<'a> {
    fn of(labels: Option<&'a Labels>) -> Self {
        let distinct = |labels: &&Labels| {
            let names: std::collections::BTreeSet<&String> = labels.names.iter().collect();
            names.len() == labels.names.len()
        };
        Self(labels.filter(distinct))
    }

    fn cell(&self, class: usize) -> String {
        let name = self.0.and_then(|labels| labels.names.get(class));
        name.map_or_else(|| class.to_string(), |name| csv_cell(name))
    }
}
