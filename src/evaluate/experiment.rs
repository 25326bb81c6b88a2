//! What all metrics look at: both heads, the data, and what the heads say of every row.

use super::{
    Data, Labelled, Pair, Retrained, Truth,
    observe::{Observed, observe},
};
use crate::{
    classes::describe,
    error::Error,
    evidence::{Change, Side},
    rng::{self, Purpose},
    statistics::Rate,
};

/// One evaluation. Rows are numbered as in the test file.
pub(super) struct Experiment<'a> {
    pub(super) pair: &'a Pair,
    pub(super) data: &'a Data,
    pub(super) seed: u64,
    pub(super) test: Observed,
    pub(super) train: Option<Observed>,
    /// Test rows per class, and training rows per class.
    pub(super) counts: Vec<u64>,
    pub(super) train_counts: Option<Vec<u64>>,
    /// Test rows of retained classes.
    pub(super) retained: Vec<usize>,
    /// Test rows of forgotten classes.
    pub(super) forgotten: Vec<usize>,
}

impl<'a> Experiment<'a> {
    pub(super) fn observe(pair: &'a Pair, data: &'a Data, seed: u64) -> Result<Self, Error> {
        let RowsByClass { counts, train_counts, retained, forgotten } = RowsByClass::of(pair, data)?;
        let own = |data| observe(pair, Change { before: data, after: data });
        let test = own(&data.test)?;
        let train = data.train.as_ref().map(own).transpose()?;
        Ok(Self { pair, data, seed, test, train, counts, train_counts, retained, forgotten })
    }

    /// The same where the second head of the pair is that of another model, which makes its own embeddings of the
    /// examples: what looks at embeddings sees those of the first.
    pub(super) fn across(
        pair: &'a Pair,
        data: &'a Data,
        other: &Retrained,
        seed: u64,
    ) -> Result<Self, Error> {
        let RowsByClass { counts, train_counts, retained, forgotten } = RowsByClass::of(pair, data)?;
        let test = observe(pair, Change { before: &data.test, after: other.test() })?;
        let train = data.train.as_ref().zip(other.train());
        let train = train.map(|(before, after)| observe(pair, Change { before, after })).transpose()?;
        Ok(Self { pair, data, seed, test, train, counts, train_counts, retained, forgotten })
    }

    /// Of the given rows, those whose top class is their label.
    pub(super) fn accuracy(&self, side: Side, rows: impl IntoIterator<Item = usize>) -> Rate {
        let scores = self.test.scores(side);
        Rate::count(rows.into_iter().map(|row| scores[row].top.class == self.data.test.labels[row]))
    }

    /// Test rows of a class.
    pub(super) fn rows_of(&self, class: usize) -> impl Iterator<Item = usize> + '_ {
        self.data.test.rows_of(class)
    }

    /// Whether labels are the user's.
    pub(super) fn is_labelled(&self) -> bool {
        self.data.test.truth == Truth::Labels
    }

    pub(super) fn describe(&self, class: usize) -> String {
        describe(class, self.pair.labels.as_ref())
    }
}

impl Data {
    /// Whether a pair of heads can be measured on these data.
    ///
    /// # Errors
    /// [`Error::Embeddings`] if the embeddings do not fit the heads, or a forgotten class or all retained
    /// ones have none.
    pub fn check(&self, pair: &Pair) -> Result<(), Error> {
        RowsByClass::of(pair, self).map(drop)
    }
}

/// The rows of the data by what they are labelled with.
struct RowsByClass {
    counts: Vec<u64>,
    train_counts: Option<Vec<u64>>,
    retained: Vec<usize>,
    forgotten: Vec<usize>,
}

impl RowsByClass {
    fn of(pair: &Pair, data: &Data) -> Result<Self, Error> {
        let (width, classes) = (pair.before.width, pair.before.classes);
        let counts = data.test.counts(width, classes)?;
        let train_counts = data.train.as_ref().map(|train| train.counts(width, classes)).transpose()?;
        let lacking = pair.forgotten.indices().find(|&class| counts[class] == 0);
        let what = match lacking {
            Some(class) => format!("removed class {}", describe(class, pair.labels.as_ref())),
            None => "a retained class".to_owned(),
        };
        let (forgotten, retained): (Vec<usize>, Vec<usize>) =
            (0..data.test.labels.len()).partition(|&row| pair.forgotten.contains(data.test.labels[row]));
        let is_labelled = data.test.truth == Truth::Labels;
        if is_labelled && (lacking.is_some() || retained.is_empty()) {
            let hint =
                "an evaluation needs labelled embeddings of removed and of retained classes".to_owned();
            let reason = format!("no row is labelled with {what}");
            return Err(Error::Embeddings { path: data.test.path.clone(), reason, hint: Some(hint) });
        }
        if let Some(train) = data.train.as_ref().filter(|train| !is_labelled || train.truth != Truth::Labels)
        {
            let hint = "leave the training examples out, or give labels to all".to_owned();
            let reason = "training examples tell something only where all examples have labels".to_owned();
            return Err(Error::Embeddings { path: train.path.clone(), reason, hint: Some(hint) });
        }
        if let Some(train) = data.train.as_ref().filter(|train| train.embeddings == data.test.embeddings) {
            let hint = "training embeddings are those that the model was fitted on, test embeddings others"
                .to_owned();
            let reason = "training and test data are the same embeddings".to_owned();
            return Err(Error::Embeddings { path: train.path.clone(), reason, hint: Some(hint) });
        }
        Ok(Self { counts, train_counts, retained, forgotten })
    }
}

/// The rows of a class in an order drawn from the stream `index`.
pub(super) fn shuffled(data: &Labelled, class: usize, seed: u64, purpose: Purpose, index: u64) -> Vec<usize> {
    let rows: Vec<usize> = data.rows_of(class).collect();
    let order = rng::permutation(rows.len(), &mut rng::stream(seed, purpose, index));
    order.into_iter().map(|at| rows[at as usize]).collect()
}
