//! What is to be removed, and how: one value, checked when it is made, that every step takes.
//!
//! It is made from a command line, from a claim or by hand, and is the same value then: training,
//! verification, claim and card are about one removal, and none of them can be about another.

mod builder;

pub use builder::Builder;

use declass_formats::RelPath;

use crate::{
    classes::Forgotten,
    device::DeviceKind,
    embeddings::Distribution,
    error::RemovalError,
    head::{Hints, Link, Place, Slot, Target},
    methods::{self, Kind, Method, Optimizer, Settings},
};

/// A removal without contradictions: everything that decides what comes of a model.
///
/// Two removals that are equal make the same bytes of the same model, on processors of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Removal {
    target: Target,
    method: &'static Method,
    settings: Settings,
    optimizer: Optimizer,
    distribution: Distribution,
    samples: usize,
    learning_rate: Option<f64>,
    epochs: usize,
    seed: u64,
    verification_seed: u64,
    executed: Option<u32>,
    device: DeviceKind,
    others: Vec<OtherFile>,
}

/// A further file of the same model, in which the same is done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OtherFile {
    /// Where it is in the model's folder.
    pub path: RelPath,
    /// What finds the head in it.
    pub hints: Hints,
}

impl Removal {
    /// A removal of these classes by a method, with all defaults: kept and sealed slots, seed 0, on the CPU.
    #[must_use]
    pub fn of(forgotten: Forgotten, method: &'static Method) -> Builder {
        Builder::new(forgotten, method)
    }

    /// What shall have become of the head.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The classes to forget.
    #[must_use]
    pub fn forgotten(&self) -> &Forgotten {
        self.target.forgotten()
    }

    /// Whether their slots are kept or dropped.
    #[must_use]
    pub fn slot(&self) -> Slot {
        self.target.slot()
    }

    /// Whether kept slots are sealed; never if they are dropped.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.target.is_sealed()
    }

    /// What is said of the model by hand.
    #[must_use]
    pub fn hints(&self) -> &Hints {
        self.target.hints()
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &'static Method {
        self.method
    }

    /// The method's settings, defaults included.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How the method gets to its head, if it trains.
    #[must_use]
    pub fn optimizer(&self) -> Optimizer {
        self.optimizer
    }

    /// What training embeddings are drawn from.
    #[must_use]
    pub fn distribution(&self) -> Distribution {
        self.distribution
    }

    /// Training embeddings per class.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// The learning rate; none if several are tried and the one is kept that disturbs the retained classes
    /// least.
    #[must_use]
    pub fn learning_rate(&self) -> Option<f64> {
        self.learning_rate
    }

    /// Most epochs of one attempt.
    #[must_use]
    pub fn epochs(&self) -> usize {
        self.epochs
    }

    /// Seed of all randomness of sampling and training.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Seed of all randomness of what is measured on the result.
    #[must_use]
    pub fn verification_seed(&self) -> u64 {
        self.verification_seed
    }

    /// On how many made-up inputs the networks are run; none if as many as their size allows.
    #[must_use]
    pub fn executed(&self) -> Option<u32> {
        self.executed
    }

    /// The kind of device that computes.
    #[must_use]
    pub fn device(&self) -> DeviceKind {
        self.device
    }

    /// Whether the method draws synthetic embeddings.
    #[must_use]
    pub fn draws(&self) -> bool {
        !matches!(self.method.kind, Kind::SealOnly)
    }

    /// Whether the method goes down a gradient.
    #[must_use]
    pub fn trains(&self) -> bool {
        matches!(self.method.kind, Kind::Trained(_))
    }

    /// The same removal, measured with another seed.
    #[must_use]
    pub fn verified_with(&self, verification_seed: u64) -> Self {
        Self { verification_seed, ..self.clone() }
    }

    /// The same removal, verified by running both models on at least so many made-up inputs.
    #[must_use]
    pub fn run_on(self, inputs: u32) -> Self {
        Self { executed: Some(inputs), ..self }
    }

    /// The same removal on another kind of device.
    #[must_use]
    pub fn on(&self, device: DeviceKind) -> Self {
        Self { device, ..self.clone() }
    }

    /// The same removal where all is accepted that older versions did not ask about.
    #[must_use]
    pub fn as_then(&self) -> Self {
        Self { target: self.target.as_then(), ..self.clone() }
    }

    /// The further files of the model in which the same is done.
    #[must_use]
    pub fn others(&self) -> &[OtherFile] {
        &self.others
    }

    /// Where they are.
    #[must_use]
    pub fn other_paths(&self) -> Vec<RelPath> {
        self.others.iter().map(|other| other.path.clone()).collect()
    }

    /// The same removal in these further files, too.
    #[must_use]
    pub fn in_files(self, others: Vec<OtherFile>) -> Self {
        Self { others, ..self }
    }

    /// What it is in one of them alone.
    #[must_use]
    pub fn of_file(&self, other: &OtherFile) -> Self {
        let Self { target, .. } = self;
        let (forgotten, hints) = (target.forgotten().clone(), other.hints.clone());
        let target = Target::new(forgotten, target.treatment(), hints, target.accepted());
        Self { target, others: Vec::new(), ..self.clone() }
    }

    /// The same removal of more classes.
    ///
    /// # Errors
    /// What [`Forgotten::from_indices`] says if no class would be left.
    pub fn forgetting_also(&self, classes: &[usize]) -> Result<Self, crate::error::Error> {
        let asked = self.forgotten();
        let all = asked.indices().chain(classes.iter().copied()).collect();
        let forgotten = Forgotten::from_indices(all, asked.classes())?;
        let Self { target, .. } = self;
        let target = Target::new(forgotten, target.treatment(), target.hints().clone(), target.accepted());
        Ok(Self { target, ..self.clone() })
    }

    /// Whether the method can work at a head with this link that decides for this.
    ///
    /// # Errors
    /// What [`methods::choose`] says.
    pub fn require_link(&self, link: Link, place: Option<Place>) -> Result<(), RemovalError> {
        methods::choose(Some(self.method), link, place).map(|_| ())
    }
}
