//! A model that was trained without the forgotten classes, on the same examples.

use declass_formats::Artifact;

use super::{Data, Labelled, Layers, Pair};
use crate::{classes::Labels, cut::Cut, error::Error, head::LinearHead};

/// A retrained model on the examples of an evaluation.
#[derive(Clone, Debug)]
pub struct Retrained {
    head: LinearHead,
    test: Labelled,
    train: Option<Labelled>,
    layers: Option<Layers>,
}

impl Retrained {
    /// Reads the head of a retrained model over the original's classes: they go by their names where both models have
    /// names, else by their order. Classes that it has not have the logit minus infinity.
    ///
    /// # Errors
    /// [`Error::OtherTask`] if it has other classes than the original, or lacks one that was retained;
    /// [`Error::NoTopClass`] if the largest logit is not its answer; what the head's reading may say.
    pub fn head(pair: &Pair, model: &Artifact, cut: &Cut) -> Result<LinearHead, Error> {
        Pair::settles(cut)?;
        let head = cut.head.load(model)?;
        let places = places(pair, head.classes, cut.labels.as_ref());
        let places = places.map_err(|reason| Error::OtherTask { path: model.path().to_owned(), reason })?;
        let classes = pair.before.classes;
        let mut full = LinearHead {
            classes,
            width: head.width,
            weight: vec![0.0; classes * head.width],
            bias: vec![f32::NEG_INFINITY; classes],
            has_bias: head.has_bias,
        };
        for (slot, class) in places.into_iter().enumerate() {
            full.row_mut(class).copy_from_slice(head.row(slot));
            full.bias[class] = head.bias[slot];
        }
        Ok(full)
    }

    /// The model's head with its embeddings of the same examples, in the same order; labels are those of `data`.
    ///
    /// # Errors
    /// [`Error::Embeddings`] if they are other examples, or do not fit the head.
    pub fn new(
        head: LinearHead,
        data: &Data,
        test: Labelled,
        train: Option<Labelled>,
    ) -> Result<Self, Error> {
        let test = same(test, &data.test, &head)?;
        let train =
            train.zip(data.train.as_ref()).map(|(own, theirs)| same(own, theirs, &head)).transpose()?;
        Ok(Self { head, test, train, layers: None })
    }

    /// The same with what its layers, and those of the original, make of some of the test examples.
    #[must_use]
    pub fn with_layers(self, layers: Layers) -> Self {
        Self { layers: Some(layers), ..self }
    }

    pub(super) fn layers(&self) -> Option<&Layers> {
        self.layers.as_ref()
    }

    pub(super) fn own_head(&self) -> &LinearHead {
        &self.head
    }

    pub(super) fn test(&self) -> &Labelled {
        &self.test
    }

    pub(super) fn train(&self) -> Option<&Labelled> {
        self.train.as_ref()
    }

    /// How many of the original's classes it has.
    pub(super) fn classes(&self) -> usize {
        self.head.bias.iter().filter(|bias| bias.is_finite()).count()
    }
}

/// The original's class of each class of a retrained model.
fn places(pair: &Pair, classes: usize, labels: Option<&Labels>) -> Result<Vec<usize>, String> {
    let named = |labels: Option<&Labels>| -> Option<Vec<String>> {
        let names = labels.map(|labels| labels.names.clone())?;
        // Libraries give classes such names where nobody named them.
        let are_generic = names.iter().enumerate().all(|(at, name)| *name == format!("LABEL_{at}"));
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        (!are_generic && distinct.len() == names.len()).then_some(names)
    };
    let (Some(own), Some(theirs)) = (named(labels), named(pair.labels.as_ref())) else {
        return match classes {
            all if all == pair.before.classes => Ok((0..all).collect()),
            left if left == pair.forgotten.retained().count() => Ok(pair.forgotten.retained().collect()),
            other => Err(format!("it has {other} classes without names that tell which ones they are")),
        };
    };
    let place = |name: &String| {
        let at = theirs.iter().position(|other| other == name);
        at.ok_or_else(|| format!("its class `{}` is none of the original", name.escape_debug()))
    };
    let places: Vec<usize> = own.iter().map(place).collect::<Result<_, _>>()?;
    match pair.forgotten.retained().find(|class| !places.contains(class)) {
        Some(class) => Err(format!("it has no class `{}`", theirs[class].escape_debug())),
        None => Ok(places),
    }
}

/// Embeddings of the same examples, with the labels that these have.
fn same(own: Labelled, theirs: &Labelled, head: &LinearHead) -> Result<Labelled, Error> {
    let rows = own.embeddings.len() / own.width.max(1);
    let refused = |reason: String| Err(Error::Embeddings { path: own.path.clone(), reason, hint: None });
    if rows != theirs.labels.len() || own.names != theirs.names {
        return refused(format!(
            "the retrained model could be run on {rows} of the examples, the original on {}, and they are not the same",
            theirs.labels.len()
        ));
    }
    if own.width != head.width {
        return refused(format!("they are {} wide, the retrained head reads {}", own.width, head.width));
    }
    Ok(Labelled { labels: theirs.labels.clone(), truth: theirs.truth, ..own })
}
