//! Where the encoder ends and the classifier head begins.

mod candidate;
mod chain;
mod choice;
mod detector;
mod foreign;
mod known;
mod labels;
mod library;
pub(crate) mod literal;
mod load;
mod masks;
mod multi_label;
mod names;
mod onnx;
mod operand;
mod per_class;
mod precision;
mod reader;
mod refuse;
mod rules;
mod same;
mod state_dict;
mod stated;

use std::{fmt, iter};

use declass_formats::{Artifact, Format};

use crate::evidence::Untouched;
use crate::head::{Bound, Hints, Link, Open, Position, Target, Ties};
use crate::{
    classes::Labels,
    error::{Error, LocateError},
    head::LinearHead,
};

pub use choice::Choice;
pub use labels::given_labels;
pub(crate) use labels::{
    ARGUMENTS, COUNTS, Indices, LABEL_FILES, PARTS, contradiction, names_indices, spelling, without_mark,
};
pub use library::boxes::NO_OBJECT;
pub use library::served::{Served, of_torchvision, of_transformers};
#[cfg(feature = "compute")]
pub(crate) use onnx::points;
pub(crate) use onnx::{CHARACTERS, LABEL_KEYS, OWN_COPY, characters};
pub use operand::Operand;
pub(crate) use operand::{Site, Source, WholeProduct};
pub(crate) use reader::Reader;
pub use same::alike;

/// The located boundary: everything before it is the encoder, which stays as it is; what follows is the
/// head that makes the classes out of the embedding.
#[derive(Clone, Debug)]
pub struct Cut {
    /// The classifier head.
    pub head: Head,
    /// What the architecture guarantees of the embedding, where that is certain.
    pub bound: Option<Bound>,
    /// How it was found, and what else it could have been.
    pub why: Why,
    /// Labels that the model itself carries, one per class.
    pub labels: Option<Labels>,
    /// Single tensors that everything the logits depend on passes through, nearest the output first; the
    /// embedding is one of them where a model has one. Empty where only a state dict is known.
    pub points: Vec<CutPoint>,
    /// Outputs, matrices and tensors that have the classes, or a result for each, and are no part of the head:
    /// a removal leaves them as they are.
    pub untouched: Vec<Untouched>,
    /// Whether only those places are shortened that the claims of older releases know of.
    pub(crate) older: bool,
}

/// The linear map (or the parallel ones) from the embedding to the logits.
#[derive(Clone, Debug)]
pub struct Head {
    /// Module path (`classifier.1`) or ONNX node name.
    pub name: String,
    /// Number of classes.
    pub classes: usize,
    /// The parallel heads whose weighted sum makes the logits; nearly always one.
    pub branches: Vec<Branch>,
    /// What the model makes of the logits.
    pub link: Link,
    /// What a row of logits is about.
    pub position: Position,
    /// Whether outputs can be equal where the logits are not.
    pub ties: Ties,
    /// Heads that are trained beside the main one and not used for its logits; they have the class axis too.
    pub(crate) auxiliary: Vec<Auxiliary>,
    /// Constant that the model adds to each logit behind the branches.
    pub(crate) shift: Vec<f64>,
    /// Everything else in an ONNX graph that counts the classes.
    pub(crate) sites: Vec<Site>,
    /// What of it is in whole numbers, and what becomes of that.
    pub(crate) floated: Option<Floated>,
    /// Whether the embedding is rounded to whole numbers before the head reads it.
    pub(crate) reads_rounded: bool,
    /// Why the class axis cannot be shortened, if something behind the head stands in the way.
    pub(crate) obstacle: Option<String>,
    /// How many classes have to be left for the library to load this head, if it minds.
    pub(crate) fewest: Option<Fewest>,
    /// Other outputs in which classes may be equal although their logits are not.
    pub merging: Vec<String>,
    /// Why a slot that is kept may be given out after all, if anything speaks for that.
    pub(crate) open: Option<Open>,
}

/// A head in whole numbers, as a removal makes it one of real numbers.
#[derive(Clone, Debug)]
pub(crate) struct Floated {
    /// The stored tensors of whole numbers.
    pub(crate) weights: Vec<String>,
    /// Whether the embedding is rounded to whole numbers, which stays.
    pub(crate) embedding: bool,
    /// Whether what comes of the logits is rounded to whole numbers, which goes.
    pub(crate) results: bool,
}

impl fmt::Display for Floated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("makes the head one of real numbers: ")?;
        match self.weights.as_slice() {
            [] => f.write_str("its weights are already")?,
            [one] => write!(f, "`{one}` times its scale")?,
            [one, ..] => write!(f, "`{one}` and others times their scales")?,
        }
        if self.embedding {
            f.write_str("; the embedding it reads is rounded to whole numbers as before")?;
        }
        if self.results {
            f.write_str("; what comes of the logits is no longer rounded to whole numbers")?;
        }
        Ok(())
    }
}

/// A number of classes below which a model would be loaded with another head.
#[derive(Clone, Debug)]
pub(crate) struct Fewest {
    pub(crate) classes: usize,
    pub(crate) reason: String,
}

/// One linear operator of the head.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The tensor it reads: the embedding.
    pub embedding: String,
    /// Width of the embedding.
    pub width: usize,
    /// Its weight matrix.
    pub weight: Operand,
    /// Its bias, if the model has a place for one.
    pub bias: Option<Operand>,
    /// Constant factor between this operator's result (without bias) and the logits, one per class.
    pub gain: Vec<f64>,
    /// Constant factor between the stored bias and the logits, one per class.
    pub(crate) bias_gain: Vec<f64>,
}

/// A head beside the main one, with the same classes.
#[derive(Clone, Debug)]
pub(crate) struct Auxiliary {
    /// Module path or ONNX node name.
    pub(crate) name: String,
    /// Its linear operator: nothing scales its result.
    pub(crate) branch: Branch,
    /// What the model makes of its logits.
    pub(crate) link: Link,
    /// As [`Head::open`].
    pub(crate) open: Option<Open>,
}

impl Auxiliary {
    /// A head that is called by its weight.
    pub(crate) fn new(branch: Branch, link: Link) -> Self {
        Self { name: branch.weight.tensor.clone(), branch, link, open: None }
    }
}

/// How the cut was found.
#[derive(Clone, Debug)]
pub struct Why {
    /// The rule that decided, in words.
    pub rule: String,
    /// Whether the model itself bears the choice out.
    pub choice: Choice,
    /// 0 to 1, as the rule table states it.
    pub confidence: f64,
    /// Other tensors that could have been the head.
    pub runners_up: Vec<String>,
    /// Anything a reader should know (auxiliary heads, shared weights, ...).
    pub notes: Vec<String>,
}

/// A single tensor through which all evidence passes.
#[derive(Clone, Debug)]
pub struct CutPoint {
    /// Value name.
    pub tensor: String,
    /// Operator that makes it, or `input`.
    pub producer: String,
    /// Weighted operators between it and the output.
    pub weighted_after: usize,
    /// Numbers in the stored tensors that nothing before it reads.
    pub parameters_after: u64,
}

impl Cut {
    /// Finds the head of a model, or checks the one that is named by hand, and whether it is the one that would
    /// be found.
    ///
    /// # Errors
    /// [`Error::Locate`] with the reason and a hint, `LocateError::Ambiguous` with the candidates,
    /// `LocateError::Unknown` if there is nothing of the given name.
    pub fn locate(artifact: &Artifact, hints: &Hints) -> Result<Self, Error> {
        let mut cut = Self { older: hints.older, ..Self::find(artifact, hints)? };
        if hints.head().is_some() {
            cut.why.choice = Choice::of(&cut, &Self::find(artifact, &hints.unnamed()));
        }
        Ok(cut)
    }

    /// Whether numbers of the classes count them, from 0 or 1 on, so that they have to go on counting where some are
    /// dropped: the labels are others, and are found by them.
    pub(crate) fn is_counted(&self, numbers: &[i64]) -> bool {
        let others = self.labels.as_ref().is_some_and(|labels| {
            !labels.names.iter().zip(numbers).all(|(name, number)| *name == number.to_string())
        });
        others && !self.older && counts_from(numbers).is_some()
    }

    fn find(artifact: &Artifact, hints: &Hints) -> Result<Self, Error> {
        match artifact.format() {
            Format::Onnx => onnx::locate(artifact, hints),
            Format::Safetensors => state_dict::locate(artifact, hints),
        }
    }
}

impl Head {
    /// A head whose logits are the results of its branches, without a name.
    fn plain(classes: usize, branches: Vec<Branch>) -> Self {
        Self {
            name: String::new(),
            classes,
            branches,
            link: Link::None,
            position: Position::Whole,
            ties: Ties::Never,
            auxiliary: Vec::new(),
            shift: vec![0.0; classes],
            sites: Vec::new(),
            floated: None,
            reads_rounded: false,
            obstacle: None,
            fewest: None,
            merging: Vec::new(),
            open: None,
        }
    }

    /// Reads the weights: gains and parallel heads folded into one matrix.
    ///
    /// # Errors
    /// [`Error::Locate`] for NaN and infinities, [`Error::Format`] if a tensor cannot be read.
    pub fn load(&self, artifact: &Artifact) -> Result<LinearHead, Error> {
        load::load(self, artifact)
    }

    /// Why sealing the slots of a target would not keep them from being given out; `None` if it does, or they
    /// are not sealed.
    #[must_use]
    pub fn still_open(&self, target: &Target) -> Option<String> {
        let further = self.auxiliary.iter().map(|it| it.open.as_ref());
        let mut open = iter::once(self.open.as_ref()).chain(further).flatten().filter(|_| target.is_sealed());
        open.find_map(|open| open.speaks(target.forgotten()))
    }

    /// Whether sealing keeps every slot from being given out, whichever classes are forgotten.
    #[must_use]
    pub fn can_be_sealed(&self) -> bool {
        self.open.is_none() && self.auxiliary.iter().all(|it| it.open.is_none())
    }

    /// The heads beside the main one, each as a head of its own. What else counts the classes, such as declared
    /// outputs, stays with the main one.
    pub(crate) fn further(&self) -> impl Iterator<Item = Self> {
        self.auxiliary.iter().map(|auxiliary| Self {
            name: auxiliary.name.clone(),
            branches: vec![auxiliary.branch.clone()],
            link: auxiliary.link,
            open: auxiliary.open.clone(),
            shift: vec![0.0; self.classes],
            auxiliary: Vec::new(),
            sites: Vec::new(),
            ..self.clone()
        })
    }

    /// How many of the best classes an output lists, where one lists several.
    #[must_use]
    pub fn best_given_out(&self) -> Option<usize> {
        let counts = self.sites.iter().filter_map(|site| match site {
            Site::Picks { count, .. } => Some(*count),
            _ => None,
        });
        counts.max().filter(|count| *count > 1)
    }

    /// Whether a class is the background, which a detector gives out nowhere.
    #[must_use]
    pub fn is_background(&self, class: usize) -> bool {
        class == 0 && self.sites.iter().any(|site| matches!(site, Site::Background))
    }

    /// Width of the joint embedding.
    #[must_use]
    pub fn width(&self) -> usize {
        self.branches.iter().map(|branch| branch.width).sum()
    }
}

/// Where a list begins that counts up by one, if it is 0 or 1.
fn counts_from(numbers: &[i64]) -> Option<i64> {
    let first = numbers.first().copied().filter(|first| matches!(first, 0 | 1))?;
    (first..).zip(numbers).all(|(counted, number)| counted == *number).then_some(first)
}

/// Short for the commonest error here.
fn refusal(reason: impl Into<String>, hint: impl Into<String>) -> Error {
    let hint = Some(hint.into()).filter(|hint| !hint.is_empty());
    LocateError::Unsuitable { reason: reason.into(), hint }.into()
}

/// Short for what may be another way with a head that is named by hand.
fn not_this_head(reason: impl Into<String>) -> Error {
    LocateError::NotThisHead { reason: reason.into() }.into()
}

#[cfg(test)]
mod tests {
    use super::counts_from;

    #[test]
    fn lists_that_count_begin_at_0_or_1() {
        assert_eq!(counts_from(&[0, 1, 2]), Some(0));
        assert_eq!(counts_from(&[1, 2, 3]), Some(1));
        for other in [&[][..], &[2, 3], &[0, 2], &[1, 0], &[0, 1, 1]] {
            assert_eq!(counts_from(other), None, "{other:?}");
        }
    }
}
