//! Rows without labels: a head's answers take their place.

use super::{Labelled, Truth, double_head::DoubleHead};
use crate::{error::Error, head::LinearHead};

impl Labelled {
    /// The same rows without labels of the user: each has the class that a head gives it.
    ///
    /// # Errors
    /// [`Error::Embeddings`] if the width is not that of the head, [`Error::Compute`] if the arithmetic fails.
    pub fn answered_by(self, head: &LinearHead) -> Result<Self, Error> {
        self.require_width(head.width)?;
        let rows: Vec<usize> = (0..self.embeddings.len() / self.width).collect();
        let top = DoubleHead::of(head).and_then(|head| head.top(&self, &rows));
        Ok(Self { labels: top.map_err(Error::compute("evaluating"))?, truth: Truth::Answers, ..self })
    }
}
