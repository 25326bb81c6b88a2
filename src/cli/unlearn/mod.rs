//! `declass unlearn`: one step after the other; what each says is in `print.rs`.

mod options;
mod print;

use anyhow::{Context, Result};
use candle_core::Device;
use declass::{
    classes::Forgotten,
    device::DeviceKind,
    edit,
    error::Error,
    evaluate::{Data, Evaluation, Pair, evaluate},
    formats::{RelPath, Role},
    head::LinearHead,
    release::{self, CardContent, History, RunRecord, Staged, Statement},
    removal::Removal,
    sign::ReleaseKey,
    unlearn::{self, MARGIN, Material, Trained},
    verify::{self, Report},
};
use serde_json::json;

use super::{
    Exit,
    args::UnlearnArgs,
    bars::Bars,
    device, key, labelled,
    output::{Printer, Verbosity},
    source::{self, Source},
    trace,
};

pub(super) fn run(args: &UnlearnArgs, printer: &Printer) -> Result<Exit> {
    if !args.dry_run {
        release::check_destination(&args.out, args.force)?;
    }
    let run = Run::prepare(args, printer)?;
    let (mut staged, training) = run.make()?;
    let evaluation = run.evaluate(&staged)?;
    staged.put_card(&run.card(evaluation.as_ref())?)?;
    let report = run.verify(&staged)?;
    let record = run.record(&training, evaluation.as_ref()).with_history(&run.history, &report)?;
    run.finish(staged, report, &record, evaluation.as_ref())
}

/// Does what the arguments ask for up to the copy on disk, which is not verified and goes with the result.
pub(super) fn remake(args: &UnlearnArgs, printer: &Printer) -> Result<Staged> {
    Ok(Run::prepare(args, printer)?.make()?.0)
}

/// What all steps share.
struct Run<'a> {
    args: &'a UnlearnArgs,
    printer: &'a Printer,
    /// Says nothing: for where JSON was asked for.
    silent: Printer,
    source: Source,
    removal: Removal,
    /// Labelled embeddings of the user, known to fit the model.
    data: Option<Data>,
    device: Device,
    /// The claims of the input, if it is a release itself.
    history: History,
    /// Classes that they forgot and whose slots are still there.
    earlier: Vec<usize>,
    /// Signs the release, if the user has named one.
    key: Option<ReleaseKey>,
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
        let bars = Bars::new(args.json || printer.is_quiet());
        let source = source::open(&args.model, &bars)?;
        let (artifact, cut) = (&source.artifact, &source.cut);
        release::check_input(artifact, &args.out)?;
        let asked = Forgotten::resolve(&args.forget, cut.head.classes, source.labels.as_ref())?;
        let history = History::of_input(artifact)?;
        let earlier = history.still_there()?;
        // Training may move every row, also that of a slot that an earlier removal sealed.
        let removal = options::removal(args, asked, cut.head.link)?.forgetting_also(&earlier)?;
        let data = labelled::open_if_named(&args.data)?;
        if let Some(data) = &data {
            // Whatever stands in the way of an evaluation is better known before training.
            let head = args.model.head.as_deref();
            data.check(&Pair::load((artifact, cut), artifact, head, removal.forgotten().clone())?)?;
        }
        let device = device::open(args.device, printer)?;
        let removal = removal.on(DeviceKind::of(&device));
        let silent = Printer::new(Verbosity::Quiet);
        let key = key::open(&args.key)?;
        let run = Self { args, printer, silent, source, removal, data, device, history, earlier, key, bars };
        run.introduce();
        Ok(run)
    }

    fn make(&self) -> Result<(Staged, Training)> {
        let before = self.source.cut.head.load(&self.source.artifact)?;
        let training = self.train(&before)?;
        let trained = edit::as_stored(&self.source.cut, &before, &training.head(&before))?;
        let after = self.seal(trained)?;
        Ok((self.write(&before, &after)?, training))
    }

    fn train(&self, before: &LinearHead) -> Result<Training> {
        if !self.removal.draws() {
            return Ok(Training::default());
        }
        let material = Material::draw(before, &self.removal, &self.device, &self.bars)?;
        self.report_sampling(&material);
        let unreached = material.unreached(self.removal.forgotten());
        self.report_unreached(&unreached);
        if unreached.len() == self.removal.forgotten().indices().count() {
            if !self.removal.target().is_final() {
                return Err(Error::Unreached { classes: unreached, draws: material.sampling.draws }.into());
            }
            self.report_no_training("synthetic embedding");
            return Ok(Training { material: Some(material), trained: None, unreached });
        }
        let search = unlearn::search(before, &material, &self.removal, &self.device, &self.bars)?;
        if let Some(path) = &self.args.trace {
            trace::write(path, &search)?;
        }
        let trained = search.trained()?;
        // It stops before the first epoch only where there is nothing to stop it later.
        if self.removal.trains() && trained.attempts[trained.kept].epochs == 0 {
            self.report_no_training("stratum");
            return Ok(Training { material: Some(material), trained: None, unreached });
        }
        self.report_training(&trained);
        Ok(Training { material: Some(material), trained: Some(trained), unreached })
    }

    fn seal(&self, head: LinearHead) -> Result<LinearHead> {
        if !self.removal.is_sealed() {
            return Ok(head);
        }
        let link = self.source.cut.head.link;
        let sealed = unlearn::seal(&head, self.removal.forgotten(), link, MARGIN)?;
        self.report_seal(link, head.has_bias);
        Ok(sealed)
    }

    fn write(&self, before: &LinearHead, after: &LinearHead) -> Result<Staged> {
        let Source { artifact, cut, .. } = &self.source;
        let edits = edit::edits(
            artifact,
            cut,
            before,
            after,
            self.removal.forgotten().as_set(),
            self.removal.slot(),
        )?;
        Ok(Staged::write(artifact, &edits, &self.args.out, &self.bars)?)
    }

    /// Figures on the user's data, of the copy as it lies on disk.
    fn evaluate(&self, staged: &Staged) -> Result<Option<Evaluation>> {
        let Some(data) = &self.data else { return Ok(None) };
        let Source { artifact, cut, .. } = &self.source;
        let (head, forgotten) = (self.args.model.head.as_deref(), self.removal.forgotten().clone());
        let pair = Pair::load((artifact, cut), staged.artifact(), head, forgotten)?;
        Ok(Some(evaluate(&pair, data, self.args.seed)?))
    }

    fn card(&self, evaluation: Option<&Evaluation>) -> Result<String> {
        let Source { artifact, labels, .. } = &self.source;
        let original = match artifact.files().iter().find(|file| file.role == Role::Card) {
            Some(file) => Some(artifact.read_file(&file.path).map_err(Error::from)?),
            None => None,
        };
        let original = original.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let name = artifact.path().file_stem().map_or("model".into(), |name| name.to_string_lossy());
        let content = CardContent { removal: &self.removal, labels: labels.as_ref(), evaluation };
        Ok(release::card(original.as_deref(), &name, &content, artifact.config()))
    }

    fn verify(&self, staged: &Staged) -> Result<Report> {
        let (original, copy) = (&self.source.artifact, staged.artifact());
        Ok(verify::verify(original, copy, &self.removal, &self.device, &self.bars)?)
    }

    fn record(&self, training: &Training, evaluation: Option<&Evaluation>) -> RunRecord {
        let sampling = training.material.as_ref().map(|material| &material.sampling);
        let trained = training.trained.as_ref();
        let record = RunRecord::new(&self.removal, sampling, trained, &training.unreached)
            .with_origin(self.source.package.clone());
        match evaluation {
            Some(evaluation) => record.with_evaluation(evaluation),
            None => record,
        }
    }

    fn finish(
        &self,
        staged: Staged,
        report: Report,
        record: &RunRecord,
        evaluation: Option<&Evaluation>,
    ) -> Result<Exit> {
        let statement = Statement::about(&report, record);
        self.report_checks(&report);
        evaluation.iter().for_each(|evaluation| labelled::print(evaluation, self.out()));
        let files: Vec<RelPath> = staged.artifact().files().iter().map(|file| file.path.clone()).collect();
        let (exit, written) = match report.pass() {
            Err(report) => {
                self.report_failure(&report);
                (Exit::No, false)
            }
            Ok(_) if self.args.dry_run => {
                self.out().row("dry run", "nothing was kept");
                (Exit::Yes, false)
            }
            Ok(pass) => {
                staged.publish(&pass, record, self.key.as_ref(), self.args.force, &self.bars)?;
                self.report_written(&files);
                (Exit::Yes, true)
            }
        };
        self.report_limits();
        if self.args.json {
            let out = written.then(|| self.args.out.display().to_string());
            let signed_by = self.signed_by().filter(|_| written);
            let passed = exit == Exit::Yes;
            let json = json!({"passed": passed, "out": out, "signedBy": signed_by, "statement": statement});
            self.printer.json(&json).context("printing the claim")?;
        }
        Ok(exit)
    }

    /// Fingerprint of the key that signs.
    fn signed_by(&self) -> Option<String> {
        self.key.as_ref().map(|key| key.public().fingerprint())
    }
}
