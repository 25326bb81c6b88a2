//! A plan as it is written, in TOML, and the tasks that it asks for.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::glob::is_pattern;
use crate::{
    classes::{Granted, Wish},
    embeddings::Distribution,
    error::Error,
    head::{Accepted, Hints, Slot, Treatment},
    methods::{self, Method},
    model::Model,
    removal::Removal,
    sign::{parse_rules, read_rules},
};

/// Most tasks of a plan.
pub const MOST_TASKS: usize = 100_000;

/// A plan.
#[derive(Clone, Debug)]
pub struct Plan {
    path: PathBuf,
    out: PathBuf,
    removals: Vec<Wanted>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    out: PathBuf,
    removal: Vec<Wanted>,
}

/// What is to be done with some models.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Wanted {
    /// Paths from the plan's folder, patterns of paths, repositories of a hub as `org/name`, or all of an organisation as
    /// `org/*`.
    models: Vec<String>,
    /// Classes that are removed together.
    forget: Vec<String>,
    /// Classes of which each is removed by itself: one release for each.
    each: Vec<String>,
    /// Classes that stay, all others go.
    keep: Vec<String>,
    /// The method, if not the default one.
    method: Option<String>,
    /// What becomes of the outputs.
    slot: Option<Slot>,
    /// Seed of all draws.
    seed: u64,
    /// Synthetic embeddings for each class.
    samples: Option<u32>,
    /// Most epochs.
    epochs: Option<u32>,
    /// Learning rate.
    lr: Option<f64>,
    /// What synthetic embeddings are drawn from.
    distribution: Option<String>,
    /// Made-up inputs that original and copy are run on, at least.
    executed: Option<u16>,
    /// The heads, where they are not found.
    head: Vec<String>,
    /// Whether the classes are independent of each other, where the model does not say so.
    multi_label: bool,
    /// Whether other files of the model are left out.
    one_file: bool,
    /// Whether a single class may be left.
    allow_constant: bool,
    /// Whether something may still count or name the classes that were removed.
    allow_stale: bool,
}

/// One removal from one model.
#[derive(Clone, Debug)]
pub struct Task {
    model: String,
    classes: Vec<String>,
    keeps: bool,
    /// How, without models and classes.
    how: Wanted,
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// [`Error::Rules`] with what is wrong.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let wrong = |reason: String| Error::Rules { path: path.to_owned(), reason };
        let text = read_rules(path).map_err(wrong)?;
        let written: Written = parse_rules(&text).map_err(wrong)?;
        if written.version != 1 {
            return Err(wrong(format!("its version is {}, this tool knows 1", written.version)));
        }
        if written.removal.is_empty() {
            return Err(wrong("it has no [[removal]]".into()));
        }
        for (at, wanted) in written.removal.iter().enumerate() {
            wanted.check().map_err(|reason| wrong(format!("removal {}: {reason}", at + 1)))?;
        }
        let plan = Self { path: path.to_owned(), out: PathBuf::new(), removals: written.removal };
        Ok(Self { out: plan.place(&written.out), ..plan })
    }

    /// The folder that its paths begin at.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    /// A path that the plan names.
    #[must_use]
    pub fn place(&self, path: &Path) -> PathBuf {
        let folder = self.folder();
        if folder == Path::new(".") { path.to_owned() } else { folder.join(path) }
    }

    /// The file itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where releases and summary go.
    #[must_use]
    pub fn out(&self) -> &Path {
        &self.out
    }

    /// Whether a path is where a run puts what it makes.
    fn is_made(&self, model: &str) -> bool {
        let place = self.place(Path::new(model));
        ["releases", "kept"].iter().any(|own| place.starts_with(self.out.join(own)))
    }

    /// All tasks, in the order in which they are written; `models` gives those of a pattern.
    ///
    /// # Errors
    /// [`Error::Rules`] if there are too many, or a pattern finds nothing; what `models` says.
    pub fn tasks(
        &self,
        models: &mut dyn FnMut(&str) -> Result<Vec<String>, Error>,
    ) -> Result<Vec<Task>, Error> {
        let wrong = |reason: String| Error::Rules { path: self.path.clone(), reason };
        let mut tasks = Vec::new();
        for wanted in &self.removals {
            for name in &wanted.models {
                let mut named = if is_pattern(name) { models(name)? } else { vec![name.clone()] };
                // What an earlier run made is no model of this plan.
                named.retain(|model| !is_pattern(name) || !self.is_made(model));
                if let Some(model) =
                    named.iter().find(|model| self.out.starts_with(self.place(Path::new(model))))
                {
                    let reason = format!(
                        "`out` lies in the model `{}`: put it beside the models",
                        model.escape_debug()
                    );
                    return Err(wrong(reason));
                }
                if named.is_empty() {
                    return Err(wrong(format!("no model fits `{}`", name.escape_debug())));
                }
                tasks.extend(named.into_iter().flat_map(|model| wanted.tasks(model)));
                if tasks.len() > MOST_TASKS {
                    return Err(wrong(format!("it asks for more than {MOST_TASKS} releases")));
                }
            }
        }
        Ok(tasks)
    }
}

impl Wanted {
    /// Fails where something is said that no model could be asked.
    fn check(&self) -> Result<(), String> {
        let named = [&self.forget, &self.each, &self.keep];
        if self.models.is_empty() {
            return Err("it names no `models`".into());
        }
        if named.iter().filter(|names| !names.is_empty()).count() != 1 {
            return Err(
                "name classes with one of `forget` (together), `each` (one release for each) and `keep`"
                    .into(),
            );
        }
        self.method()?;
        self.distribution()?;
        match self.lr {
            Some(rate) if !rate.is_finite() || rate <= 0.0 => Err("`lr` must be a positive number".into()),
            _ => Ok(()),
        }
    }

    fn method(&self) -> Result<Option<&'static Method>, String> {
        let Some(name) = &self.method else { return Ok(None) };
        let known = || methods::METHODS.map(|method| method.name).join(", ");
        let found = methods::by_name(name);
        found.map(Some).ok_or_else(|| format!("no method is called `{}`: {}", name.escape_debug(), known()))
    }

    fn distribution(&self) -> Result<Option<Distribution>, String> {
        self.distribution
            .as_ref()
            .map(|name| {
                name.parse().map_err(|_| format!("no distribution is called `{}`", name.escape_debug()))
            })
            .transpose()
    }

    fn tasks(&self, model: String) -> Vec<Task> {
        let how = Self {
            models: Vec::new(),
            forget: Vec::new(),
            each: Vec::new(),
            keep: Vec::new(),
            ..self.clone()
        };
        let task =
            |classes: Vec<String>, keeps| Task { model: model.clone(), classes, keeps, how: how.clone() };
        match (&self.each[..], &self.keep[..]) {
            ([], []) => vec![task(self.forget.clone(), false)],
            ([], keep) => vec![task(keep.to_vec(), true)],
            (each, _) => each.iter().map(|class| task(vec![class.clone()], false)).collect(),
        }
    }
}

impl Task {
    /// The model, as the plan names it or a pattern found it.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The classes that are named.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Whether those are the ones that stay.
    #[must_use]
    pub fn keeps(&self) -> bool {
        self.keeps
    }

    /// Whether other files of the model are left out.
    #[must_use]
    pub fn is_of_one_file(&self) -> bool {
        self.how.one_file
    }

    /// All that is asked for but the model, as one line.
    pub(super) fn asked(&self) -> String {
        serde_json::to_string(&(&self.classes, self.keeps, &self.how)).unwrap_or_default()
    }

    /// What is said of the model by hand.
    #[must_use]
    pub fn hints(&self) -> Hints {
        Hints { heads: self.how.head.clone(), multi_label: self.how.multi_label, ..Hints::default() }
    }

    /// The removal from the model. What patterns of classes take is taken without a question: the plan is the answer.
    ///
    /// # Errors
    /// As [`Model::granted`] and [`RemovalBuilder::build`](crate::removal::Builder::build).
    pub fn removal(&self, model: &Model) -> Result<Removal, Error> {
        let Granted { forgotten, .. } =
            model.granted(&Wish { names: self.classes.clone(), keep: self.keeps })?;
        let wrong = |reason| Error::Rules { path: PathBuf::from(&self.model), reason };
        let how = &self.how;
        let head = &model.cut().head;
        let chosen = methods::choose(how.method().map_err(wrong)?, head.link, head.position.place())?;
        let accepted =
            Accepted { constant: how.allow_constant, labels: how.allow_stale, stale: how.allow_stale };
        let mut removal = model
            .forgetting(forgotten)?
            .method(chosen)
            .treatment(Treatment::of(how.slot.unwrap_or(Slot::Keep), None)?)
            .accepted(accepted)
            .seed(how.seed);
        if let Some(distribution) = how.distribution().map_err(wrong)? {
            removal = removal.distribution(distribution);
        }
        if let Some(samples) = how.samples {
            removal = removal.samples(samples as usize);
        }
        if let Some(epochs) = how.epochs {
            removal = removal.epochs(epochs as usize);
        }
        if let Some(inputs) = how.executed {
            removal = removal.executed(u32::from(inputs));
        }
        if let Some(rate) = how.lr {
            removal = removal.learning_rate(rate);
        }
        Ok(removal.build()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Result<Plan, String> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("plan.toml");
        std::fs::write(&path, text).unwrap();
        Plan::open(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn what_a_run_makes_is_neither_in_a_model_nor_one() {
        let of = |out: &str, found: &[&str]| -> Result<Vec<String>, String> {
            let text =
                format!("version = 1\nout = \"{out}\"\n[[removal]]\nmodels = [\"m/*\"]\nforget = [\"x\"]\n");
            let found: Vec<String> = found.iter().map(|it| (*it).to_owned()).collect();
            let tasks = plan(&text).unwrap().tasks(&mut |_| Ok(found.clone()));
            tasks
                .map(|tasks| tasks.into_iter().map(|task| task.model).collect())
                .map_err(|error| error.to_string())
        };
        assert!(of("m/a/fleet", &["m/a"]).unwrap_err().contains("put it beside the models"));
        assert_eq!(of("m", &["m/a", "m/releases", "m/kept"]).unwrap(), ["m/a"]);
        assert_eq!(of("made", &["m/a", "m/releases"]).unwrap(), ["m/a", "m/releases"]);
    }

    const HEAD: &str = "version = 1\nout = \"fleet\"\n[[removal]]\n";

    #[test]
    fn models_times_classes() {
        let text = format!(
            "{HEAD}models = [\"a\", \"m/*\"]\neach = [\"x\", \"y\"]\n[[removal]]\nmodels = [\"b\"]\nkeep = [\"z\", \"w\"]\n"
        );
        let plan = plan(&text).unwrap();
        let tasks = plan.tasks(&mut |_| Ok(vec!["m/1".into(), "m/2".into()])).unwrap();
        let told: Vec<String> = tasks
            .iter()
            .map(|task| format!("{} {} {}", task.model, task.classes.join("+"), task.keeps))
            .collect();
        let expected = ["a x", "a y", "m/1 x", "m/1 y", "m/2 x", "m/2 y"].map(|it| format!("{it} false"));
        assert_eq!(told[..6], expected);
        assert_eq!(told[6..], ["b z+w true"]);
        assert_ne!(tasks[0].asked(), tasks[1].asked());
        assert!(plan.tasks(&mut |_| Ok(Vec::new())).is_err(), "a pattern that finds nothing is a mistake");
    }

    #[test]
    fn what_makes_no_sense_is_refused_before_anything_is_done() {
        for (text, reason) in [
            ("", "version"),
            ("version = 2\nout = \"x\"\nremoval = []\n", "version is 2"),
            ("version = 1\nout = \"x\"\nremoval = []\n", "no [[removal]]"),
            (&format!("{HEAD}forget = [\"x\"]\n"), "no `models`"),
            (&format!("{HEAD}models = [\"a\"]\n"), "name classes"),
            (&format!("{HEAD}models = [\"a\"]\nforget = [\"x\"]\neach = [\"y\"]\n"), "name classes"),
            (&format!("{HEAD}models = [\"a\"]\nforget = [\"x\"]\nmethod = \"magic\"\n"), "magic"),
            (&format!("{HEAD}models = [\"a\"]\nforget = [\"x\"]\nlr = -1.0\n"), "positive"),
            (&format!("{HEAD}models = [\"a\"]\nforget = [\"x\"]\ncolour = \"red\"\n"), "colour"),
        ] {
            let said = plan(text).unwrap_err();
            assert!(said.contains(reason), "{said}");
        }
    }
}
