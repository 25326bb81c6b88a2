//! A plan carried out: some releases at a time, each by itself, and none stops the others.

use std::{
    collections::BTreeMap,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use candle_core::Device;

use super::{
    Job, Observer, gather,
    made::{Meant, intact},
};
use crate::{
    batch::{Address, Kept, Outcome, Places, Row, Task},
    claim::{Statement, names::open_model},
    error::Error,
    evidence::Outcome as Verdict,
    fetch::PackageUrl,
    model::Model,
    progress::{Progress, Silent, Step},
    release::Destination,
    removal::Removal,
};

/// Bytes of the stack of each thread.
const STACK: usize = 8 << 20;

/// Where a model lies that a plan names.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its files.
    pub path: PathBuf,
    /// Where it comes from, if it was fetched.
    pub package: Option<PackageUrl>,
}

/// What carries tasks out.
pub struct Fleet<'a> {
    /// Where results lie.
    pub places: &'a Places,
    /// Finds, or fetches, the model of a task.
    pub locate: &'a (dyn Fn(&Task) -> Result<Source, Error> + Sync),
    /// Hears when a release is done.
    pub progress: &'a dyn Progress,
}

/// What is known of a task before it is carried out.
#[derive(Clone, Debug)]
pub struct Looked {
    /// What came of it already, or why nothing will; none if it is to be carried out.
    pub row: Option<Row>,
    /// The head's classes and width, bytes of the model, and whether the method trains.
    pub size: Option<([usize; 2], u64, bool)>,
}

/// A task that is ready to be carried out.
struct Ready {
    model: Model,
    removal: Removal,
    address: Address,
}

/// The addresses of a run, each with a lock: two tasks may have the same one.
#[derive(Default)]
struct Turns(Mutex<BTreeMap<String, Arc<Mutex<()>>>>);

impl Turns {
    fn at(&self, address: &Address) -> Arc<Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.entry(address.whole().to_owned()).or_default().clone()
    }
}

/// Why there is nothing to carry out.
enum Settled {
    /// It is known already.
    Row(Box<Row>),
    /// The removal does not fit the model.
    Misfit(Box<Address>, Box<Error>),
    /// There is no model.
    Error(Box<Error>),
}

impl From<Error> for Settled {
    fn from(error: Error) -> Self {
        Self::Error(Box::new(error))
    }
}

impl Fleet<'_> {
    /// Carries out tasks, so many at a time; what came of each is in their order.
    #[must_use]
    pub fn run(&self, tasks: &[Task], jobs: usize) -> Vec<Row> {
        let (next, turns) = (AtomicUsize::new(0), Turns::default());
        let rows: Mutex<Vec<Option<Row>>> = Mutex::new(vec![None; tasks.len()]);
        self.progress.begin(Step::Releasing, tasks.len() as u64);
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(task) = tasks.get(at) else { break };
                let row = self.carry_out(task, &turns);
                rows.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(row);
                self.progress.advance(Step::Releasing, 1);
            }
        };
        thread::scope(|scope| {
            for _ in 0..jobs.clamp(1, tasks.len().max(1)) {
                // As much room as the main thread of a program has; without a thread more, those that are there do all.
                let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
                if thread.is_err() {
                    work();
                }
            }
        });
        self.progress.end(Step::Releasing);
        rows.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect()
    }

    /// What would come of a task, as far as that can be told without doing it.
    #[must_use]
    pub fn look(&self, task: &Task) -> Looked {
        match caught(|| self.ready(task, self.addressed(task)?)) {
            Ok(Ready { model, removal, .. }) => {
                let head = model.head();
                let bytes = model.artifact().files().iter().map(|file| file.size).sum();
                Looked { row: None, size: Some(([head.classes, head.width()], bytes, removal.trains())) }
            }
            Err(settled) => Looked { row: Some(settled.row(task)), size: None },
        }
    }

    fn carry_out(&self, task: &Task, turns: &Turns) -> Row {
        let released = caught(|| {
            let (model, address) = self.addressed(task)?;
            // Of two tasks that come to the same, the second finds what the first made.
            let turn = turns.at(&address);
            let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
            match self.ready(task, (model, address)) {
                Ok(ready) => Ok(self.release(task, &ready)?),
                Err(Settled::Misfit(address, error)) => Ok(kept(task, &address, &error)?.at(address.whole())),
                Err(settled) => Err(settled),
            }
        });
        released.unwrap_or_else(|settled| settled.row(task))
    }

    /// The model of a task, and where the result goes.
    fn addressed(&self, task: &Task) -> Result<(Model, Address), Settled> {
        let source = (self.locate)(task)?;
        let model = Model::of(open_model(&source.path).map_err(Error::from)?, task.hints())?;
        let model = match source.package {
            Some(package) => model.from_repository(package),
            None => model,
        };
        let address = self.places.address(task, model.artifact(), &Silent)?;
        Ok((model, address))
    }

    /// The model and the removal, unless the result is there already.
    fn ready(&self, task: &Task, (model, address): (Model, Address)) -> Result<Ready, Settled> {
        let at = |row: Row| Settled::Row(Box::new(row.at(address.whole())));
        let there = address.release();
        let wanted = || {
            let removal = task.removal(&model)?;
            Ok(if task.is_of_one_file() { removal } else { gather(&model, removal).0 })
        };
        if fs::symlink_metadata(&there).is_ok() {
            let meant =
                |removal: &Removal| intact(task, &Meant { model: &model, removal, address: &address });
            return Err(at(wanted().map_or_else(|error| in_the_way(task, &there, &error), |it| meant(&it))));
        }
        if let Some(Kept { outcome, reason, .. }) = Kept::read(&address) {
            return Err(at(Row::without(task, outcome, reason)));
        }
        let fitting = wanted().and_then(|removal| {
            // Whether it can be done at all is known before anything is.
            Job::open(&model, &removal, Destination::new(&there), Device::Cpu, &Silent)?;
            Ok(removal)
        });
        match fitting {
            Ok(removal) => Ok(Ready { model, removal, address }),
            Err(error) => Err(Settled::Misfit(Box::new(address), Box::new(error))),
        }
    }

    fn release(&self, task: &Task, ready: &Ready) -> Result<Row, Error> {
        let Ready { model, removal, address } = ready;
        let there = address.release();
        let parent = self.places.releases();
        fs::create_dir_all(&parent).map_err(Error::io(&parent))?;
        let unlearned = verified(model, removal, &there, &Silent);
        let row = match unlearned {
            Ok(Ok(statement)) => Row::done(task, address.release_name(), &statement),
            Ok(Err(reason)) => {
                let kept = Kept { address: address.whole().to_owned(), outcome: Outcome::Failed, reason };
                kept.write(address)?;
                Row::without(task, Outcome::Failed, kept.reason)
            }
            // Another run was quicker.
            Err(Error::DestinationExists { .. }) => intact(task, &Meant { model, removal, address }),
            Err(error) => kept(task, address, &error)?,
        };
        Ok(row.at(address.whole()))
    }
}

/// From a model to a published release; its claim, or which checks failed.
fn verified(
    model: &Model,
    removal: &Removal,
    place: &Path,
    observer: &dyn Observer,
) -> Result<Result<Statement, String>, Error> {
    let job = Job::open(model, removal, Destination::new(place), Device::Cpu, observer)?;
    let verified = job.train()?.seal()?.write()?.evaluate()?.verify()?;
    let statement = verified.statement();
    match verified.pass() {
        Ok(passed) => {
            passed.publish(None)?;
            Ok(Ok(statement))
        }
        Err(report) => {
            let failed = report.checks().iter().filter(|check| check.outcome == Verdict::Failed);
            let failed: Vec<String> =
                failed.map(|check| format!("{}: {}", check.definition.id, check.summary)).collect();
            Ok(Err(failed.join("; ")))
        }
    }
}

/// What an error says of a task; kept if the same model would come to the same again.
fn kept(task: &Task, address: &Address, error: &Error) -> Result<Row, Error> {
    let (outcome, reason) = (Outcome::of(error), error.to_string());
    if outcome != Outcome::Unknown {
        let address_text = address.whole().to_owned();
        Kept { address: address_text, outcome, reason: reason.clone() }.write(address)?;
    }
    Ok(Row::without(task, outcome, reason))
}

/// What lies in the place of a task that does not fit its model is not its release.
fn in_the_way(task: &Task, there: &Path, error: &Error) -> Row {
    let reason = format!("`{}` lies in its place, and no release can be there: {error}", there.display());
    Row::without(task, Outcome::Unknown, reason)
}

impl Settled {
    fn row(self, task: &Task) -> Row {
        match self {
            Self::Row(row) => *row,
            Self::Misfit(address, error) => {
                Row::without(task, Outcome::of(&error), error.to_string()).at(address.whole())
            }
            Self::Error(error) => Row::without(task, Outcome::of(&error), error.to_string()),
        }
    }
}

/// Does something that must not take other tasks with it.
fn caught<T, E: From<Error>>(work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let reason = "this program has a fault: please report it with the model".to_owned();
        Err(Error::Run { reason, hint: None }.into())
    })
}
