//! `declass unlearn`: one step after the other, each with a line that says what it found.

use anyhow::{Context, Result};
use candle_core::Device;
use declass::{
    classes::{Forgotten, describe},
    cut::Link,
    edit::{self, Slot},
    embeddings::{Rare, Sampler},
    error::Error,
    formats::{Edits, RelPath, Role},
    linear::LinearHead,
    methods::{self, Kind},
    release::{self, CardContent, RunRecord, STATEMENT_FILE, Staged, Statement},
    unlearn::{self, MARGIN, Material, Options, Trained},
    verify::{self, Report, Request},
};
use serde_json::json;

use super::{
    Exit,
    args::UnlearnArgs,
    bars::Bars,
    output::{Printer, Verbosity, grouped},
    source::{self, Source},
    trace,
};

pub(super) fn run(args: &UnlearnArgs, printer: &Printer) -> Result<Exit> {
    if !args.dry_run {
        release::check_destination(&args.out, args.force)?;
    }
    let run = Run::prepare(args, printer)?;
    let before = run.source.cut.head.load(&run.source.artifact)?;
    let training = run.train(&before)?;
    let trained = edit::as_stored(&run.source.cut, &before, &training.head(&before))?;
    let after = run.seal(trained)?;
    let staged = run.write(&before, &after)?;
    let report = run.verify(&staged)?;
    run.finish(staged, report, &run.record(&training))
}

/// What all steps share.
struct Run<'a> {
    args: &'a UnlearnArgs,
    printer: &'a Printer,
    /// Says nothing: for where JSON was asked for.
    silent: Printer,
    source: Source,
    forgotten: Forgotten,
    slot: Slot,
    options: Options,
    device: Device,
    bars: Bars,
}

/// What training came to.
#[derive(Default)]
struct Training {
    material: Option<Material>,
    trained: Option<Trained>,
    unreached: Vec<usize>,
}

impl Training {
    fn head(&self, before: &LinearHead) -> LinearHead {
        self.trained.as_ref().map_or_else(|| before.clone(), |trained| trained.head.clone())
    }
}

impl<'a> Run<'a> {
    fn prepare(args: &'a UnlearnArgs, printer: &'a Printer) -> Result<Self> {
        let source = source::open(&args.model)?;
        let head = &source.cut.head;
        let forgotten = Forgotten::resolve(&args.forget, head.classes, source.labels.as_ref())?;
        let slot = Slot::from(args.slot);
        if slot == Slot::Drop && forgotten.retained().count() == 1 {
            return Err(Error::OneClassLeft.into());
        }
        let method = methods::choose(args.method, head.link)?;
        let options = Options {
            method,
            distribution: args.distribution,
            samples: args.samples as usize,
            seed: args.seed,
            learning_rate: args.lr,
            epochs: args.epochs as usize,
            settings: method.settings(&args.settings)?,
        };
        let is_trained = matches!(method.kind, Kind::Trained(_));
        if !is_trained && (args.lr.is_some() || args.trace.is_some()) {
            return Err(Error::NothingToTrain { method: method.name }.into());
        }
        if args.no_seal && matches!(options.method.kind, Kind::SealOnly) && slot == Slot::Keep {
            return Err(Error::NothingToDo.into());
        }
        let bars = Bars::new(args.json || printer.is_quiet());
        let device = args.device.open()?;
        let run = Self {
            args,
            printer,
            silent: Printer::new(Verbosity::Quiet),
            source,
            forgotten,
            slot,
            options,
            device,
            bars,
        };
        run.introduce();
        Ok(run)
    }

    fn out(&self) -> &Printer {
        if self.args.json { &self.silent } else { self.printer }
    }

    fn sealed(&self) -> bool {
        self.slot == Slot::Keep && !self.args.no_seal
    }

    fn introduce(&self) {
        let cut = &self.source.cut;
        let embeddings: Vec<&str> =
            cut.head.branches.iter().map(|branch| branch.embedding.as_str()).collect();
        let version = concat!("declass ", env!("CARGO_PKG_VERSION"));
        let out = self.out();
        out.row(version, format!("{}, {} classes", self.source.artifact.path().display(), cut.head.classes));
        out.row("head", format!("{} ({} -> {})", cut.head.name, cut.head.width(), cut.head.classes));
        out.row("embedding", format!("{} (confidence {:.2})", embeddings.join(" and "), cut.why.confidence));
        let names: Vec<String> = self.forgotten.indices().map(|class| self.name(class)).collect();
        out.row("forgetting", names.join(", "));
        cut.why.notes.iter().for_each(|note| self.printer.warn(note));
        let left = self.source.artifact.left_out();
        for path in left.iter().filter(|path| !path.is_record()) {
            self.printer.warn(&format!("`{path}` is left out: it may hold the same classes"));
        }
    }

    fn name(&self, class: usize) -> String {
        describe(class, self.source.labels.as_ref())
    }

    fn train(&self, before: &LinearHead) -> Result<Training> {
        if matches!(self.options.method.kind, Kind::SealOnly) {
            return Ok(Training::default());
        }
        let material = Material::draw(before, &self.forgotten, &self.options, &self.device, &self.bars)?;
        self.report_sampling(&material);
        let unreached = material.unreached(&self.forgotten);
        for &class in &unreached {
            self.printer.warn(&format!("no synthetic embedding reached class {}", self.name(class)));
        }
        if unreached.len() == self.forgotten.indices().count() {
            if self.slot == Slot::Keep && !self.sealed() {
                return Err(Error::Unreached { classes: unreached, draws: material.sampling.draws }.into());
            }
            self.report_no_training("synthetic embedding");
            return Ok(Training { material: Some(material), trained: None, unreached });
        }
        let options = &self.options;
        let search = unlearn::search(before, &material, &self.forgotten, options, &self.device, &self.bars)?;
        if let Some(path) = &self.args.trace {
            trace::write(path, &search)?;
        }
        let trained = search.trained()?;
        // It stops before the first epoch only where there is nothing to stop it later.
        let is_trained = matches!(self.options.method.kind, Kind::Trained(_));
        if is_trained && trained.attempts[trained.kept].epochs == 0 {
            self.report_no_training("stratum");
            return Ok(Training { material: Some(material), trained: None, unreached });
        }
        self.report_training(&trained);
        Ok(Training { material: Some(material), trained: Some(trained), unreached })
    }

    fn report_no_training(&self, unreaching: &str) {
        let rest = self.what_remains();
        self.out().row("unlearning", format!("not trained, no {unreaching} reached the forgotten: {rest}"));
    }

    /// What is left of a removal without training.
    fn what_remains(&self) -> &'static str {
        match self.slot {
            Slot::Drop => "the output is only dropped",
            Slot::Keep if self.sealed() => "the slot is only sealed",
            Slot::Keep => "nothing changes",
        }
    }

    fn report_sampling(&self, material: &Material) {
        let sampling = &material.sampling;
        let total: usize = sampling.accepted.iter().sum();
        let rare = sampling.rare.iter().filter(|rare| rare.made > 0).count();
        let rarely = match rare {
            0 => String::new(),
            1 => "; 1 class that they hardly reach was sampled on its own".to_owned(),
            _ => format!("; {rare} classes that they hardly reach were sampled on their own"),
        };
        let line = format!(
            "{} synthetic embeddings ({}), {} draws, {:.1} each{rarely}",
            grouped(total as u64),
            sampling.distribution,
            grouped(sampling.draws),
            sampling.overhead()
        );
        self.out().row("sampling", line);
        let starved: Vec<usize> = sampling.starved().collect();
        if let Some(&first) = starved.first() {
            self.printer.warn(&format!(
                "{} of {} classes got fewer embeddings than wanted, class {} for one: {} of {}",
                starved.len(),
                sampling.wanted.len(),
                self.name(first),
                sampling.accepted[first],
                sampling.wanted[first]
            ));
        }
        for (class, count) in
            sampling.accepted.iter().enumerate().filter(|(class, _)| sampling.wanted[*class] > 0)
        {
            self.out()
                .detail("", format!("class {}: {count} of {}", self.name(class), sampling.wanted[class]));
        }
        for rare in &sampling.rare {
            let Rare { class, sampler, made, tries } = rare;
            let how = match sampler {
                Sampler::EllipticalSlice => "elliptical slice sampling",
                Sampler::OutOfReach => "nothing: it is out of reach",
                Sampler::Sequential => "sequential rejection",
            };
            self.out().detail("", format!("class {}: {made} by {how}, {tries} tries", self.name(*class)));
        }
    }

    fn report_training(&self, trained: &Trained) {
        let method = self.options.method.name;
        for attempt in &trained.attempts {
            let line = format!(
                "{}: worst stratum {:.1} %, retained agreement {:.2} %, divergence {:.2e} nats",
                attempt.course(),
                100.0 * attempt.worst_stratum,
                100.0 * attempt.retained_agreement,
                attempt.retained_kl
            );
            self.out().detail("", line);
        }
        let kept = &trained.attempts[trained.kept];
        let line = format!("{method}, {}: no stratum recognises the forgotten", kept.course());
        self.out().row("unlearning", line);
    }

    fn seal(&self, head: LinearHead) -> Result<LinearHead> {
        if !self.sealed() {
            return Ok(head);
        }
        let link = self.source.cut.head.link;
        let sealed = unlearn::seal(&head, &self.forgotten, link, MARGIN)?;
        let what = match (link, head.has_bias) {
            (Link::Sigmoid, _) => format!("constant logit -{MARGIN}"),
            (_, true) => format!("mean of the retained rows, {MARGIN} nats below"),
            (_, false) => "mean of the retained rows; without a bias it can tie with them".to_owned(),
        };
        self.out().row("sealing", what);
        Ok(sealed)
    }

    fn write(&self, before: &LinearHead, after: &LinearHead) -> Result<Staged> {
        let Source { artifact, cut, labels } = &self.source;
        let mut edits = edit::edits(artifact, cut, before, after, self.forgotten.as_set(), self.slot)?;
        self.add_card(&mut edits, labels.as_ref())?;
        Ok(Staged::write(artifact, &edits, &self.args.out, &self.bars)?)
    }

    fn add_card(&self, edits: &mut Edits, labels: Option<&declass::classes::Labels>) -> Result<()> {
        let artifact = &self.source.artifact;
        let path = RelPath::try_from("README.md").context("naming the card")?;
        let original = match artifact.files().iter().find(|file| file.role == Role::Card) {
            Some(file) => Some(artifact.read_file(&file.path).map_err(Error::from)?),
            None => None,
        };
        let original = original.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let name = artifact.path().file_stem().map_or("model".into(), |name| name.to_string_lossy());
        let content = CardContent {
            forgotten: &self.forgotten,
            labels,
            method: self.options.method,
            slot: self.slot,
            sealed: self.sealed(),
        };
        let card = release::card(original.as_deref(), &name, &content, artifact.config());
        edits.files.insert(path, card.into_bytes());
        Ok(())
    }

    fn verify(&self, staged: &Staged) -> Result<Report<'_>> {
        let request = Request {
            forgotten: &self.forgotten,
            slot: self.slot,
            sealed: self.sealed(),
            method: self.options.method,
            settings: &self.options.settings,
            head: self.args.model.head.as_deref(),
            seed: self.args.seed,
        };
        Ok(verify::verify(&self.source.artifact, staged.artifact(), &request, &self.device, &self.bars)?)
    }

    fn record(&self, training: &Training) -> RunRecord {
        let device = if self.device.is_cpu() { "cpu" } else { "cuda" };
        let sampling = training.material.as_ref().map(|material| &material.sampling);
        RunRecord::new(device, &self.options, sampling, training.trained.as_ref(), &training.unreached)
    }

    fn finish(&self, staged: Staged, report: Report<'_>, record: &RunRecord) -> Result<Exit> {
        let statement = Statement::about(&report, record);
        self.out().row("verifying", "the written copy, opened again");
        report.checks().iter().for_each(|check| self.out().check(check));
        let files: Vec<String> = staged.artifact().files().iter().map(|file| file.path.to_string()).collect();
        let (exit, written) = match report.pass() {
            Err(report) => {
                let is_failed = |check: &&verify::Check| check.outcome == verify::Outcome::Failed;
                let failed = report.checks().iter().filter(is_failed).count();
                let checks = if failed == 1 { "check" } else { "checks" };
                self.printer.warn(&format!("{failed} {checks} failed: nothing was written"));
                (Exit::No, false)
            }
            Ok(_) if self.args.dry_run => {
                self.out().row("dry run", "nothing was kept");
                (Exit::Yes, false)
            }
            Ok(pass) => {
                staged.publish(&pass, record, self.args.force)?;
                let line =
                    format!("{}: {} {STATEMENT_FILE} (UNSIGNED)", self.args.out.display(), files.join(" "));
                self.out().row("wrote", line);
                (Exit::Yes, true)
            }
        };
        self.out().row(
            "not shown",
            "the features are unchanged: few-shot relearning can restore the class; no claim about training data",
        );
        if self.args.json {
            let out = written.then(|| self.args.out.display().to_string());
            self.printer.json(&json!({"passed": exit == Exit::Yes, "out": out, "statement": statement}))?;
        }
        Ok(exit)
    }
}
