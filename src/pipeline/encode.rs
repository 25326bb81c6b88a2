//! The user's own examples as embeddings with labels, if there are any: prepared as the model's folder says, and run up to its head.

use std::path::{Path, PathBuf};

use candle_core::Device;
use declass_formats::{Artifact, Sha256Digest};

use super::{embed::Embedding, encoder::Encoder, kept::Kept, wired::Wired};
use crate::{
    classes::Labels,
    cut::Cut,
    error::Error,
    evaluate::{Labelled, Truth},
    inputs::{Asked, Columns, Examples, Preparation, Unusable},
    net::Flow,
    progress::Progress,
    run::Network,
};

/// Examples that are made embeddings of.
#[derive(Clone, Debug)]
pub struct Encoding<'a> {
    /// Where they lie, as [`Examples::open`] takes it.
    pub data: &'a Path,
    /// The ONNX file that says how a model without a graph is computed, if one is named.
    pub graph: Option<&'a Path>,
    /// Columns of a table that go by other names than the usual ones.
    pub columns: Columns,
    /// How many are taken at most, of each class its share.
    pub limit: Option<usize>,
    /// Which ones are taken, where not all are.
    pub seed: u64,
    /// Whether an example that cannot be used is an error.
    pub strict: bool,
    /// The folder in which embeddings are kept for later runs, if they are.
    pub keep: Option<&'a Path>,
}

/// Embeddings of examples, and what became of the others.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// The embeddings. Their digest is that of the examples (names, classes, contents) and of what was made of them.
    pub labelled: Labelled,
    /// What was assumed, in sentences.
    pub assumed: Vec<String>,
    /// Examples that could not be used, with the reason.
    pub unusable: Vec<Unusable>,
    /// Labels that are no class of the model, with the number of examples that have them.
    pub unknown: Vec<(String, u64)>,
    /// Examples without a label, which are left out.
    pub unlabelled: u64,
    /// How many embeddings an earlier run had left, and where, if they are kept.
    pub kept: Option<(PathBuf, u64)>,
    /// What was wrong with what earlier runs had left, in sentences.
    pub ignored: Vec<String>,
}

impl Encoding<'_> {
    /// Prepares every example and runs the model on it as far as the input of its head, on as many threads as there
    /// are cores; no more than a few examples are in memory at a time. Embeddings that an earlier run has kept are
    /// taken from there, once the first of them has been computed again and has the same bits.
    ///
    /// # Errors
    /// [`Error::Inputs`] if the examples or the model's preparation cannot be used, [`Error::Graph`] if the named
    /// graph is not the model's, [`Error::Run`] if the model cannot be run, [`Error::Io`] if the disk refuses.
    pub fn run(
        &self,
        model: &Artifact,
        cut: &Cut,
        labels: Option<&Labels>,
        progress: &dyn Progress,
    ) -> Result<Encoded, Error> {
        let mut encoded = self.run_as((cut.head.classes, labels), model, cut, progress)?;
        if encoded.labelled.truth == Truth::Answers {
            encoded.labelled = encoded.labelled.answered_by(&cut.head.load(model)?)?;
        }
        Ok(encoded)
    }

    /// The same by a model whose classes may be others than those that the examples are of: these are given by their
    /// number and names. Examples without labels have no classes then, since whose answers count is not known here.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_as(
        &self,
        classes: (usize, Option<&Labels>),
        model: &Artifact,
        cut: &Cut,
        progress: &dyn Progress,
    ) -> Result<Encoded, Error> {
        let wired = Wired::of(model, cut, self.graph);
        let (preparation, mut examples) = self.open(classes, model, wired.as_ref().ok())?;
        if let Some(most) = self.limit {
            examples.limit(most, self.seed);
        }
        let content = examples.digest(progress);
        let wired = wired?;
        let source = wired.source(model)?;
        let flow = Flow::new(source.graph())?;
        let network = Network::of(source, &flow, Device::Cpu);
        let encoder = Encoder { network: &network, embeddings: wired.embeddings(source, &flow, cut)? };
        let made = preparation.as_ref().map_or_else(String::new, Preparation::describe);
        let kept = self.kept(&examples, &encoder, cut.head.width(), &made)?;
        let embedding =
            Embedding { examples: &examples, preparation: preparation.as_ref(), encoder: &encoder, progress };
        let mut encoded = self.encode(&embedding, kept)?;
        encoded.labelled.sha256 = Sha256Digest::of(format!("{content}\n{made}\n").as_bytes());
        encoded.labelled.width = cut.head.width();
        let assumed = preparation.iter().flat_map(|preparation| preparation.assumptions().iter().cloned());
        encoded.assumed = assumed.chain(examples.notes().iter().cloned()).collect();
        encoded.unusable.extend(examples.unusable().iter().cloned());
        encoded.unknown = examples.unknown_labels().to_vec();
        if encoded.labelled.names.is_empty() {
            let reason = "none of the examples has a label of the model and can be used".to_owned();
            return Err(Error::Inputs { path: self.data.to_owned(), reason, hint: None });
        }
        Ok(encoded)
    }

    /// The examples, and what the model's folder makes of them; nothing if they are inputs already.
    fn open(
        &self,
        (classes, labels): (usize, Option<&Labels>),
        model: &Artifact,
        wired: Option<&Wired>,
    ) -> Result<(Option<Preparation>, Examples), Error> {
        let preparation = Preparation::open(model.folder(), None).or_else(|why| {
            // A folder that prepares several kinds of examples has one graph, which takes one of them.
            let modality = wired.and_then(|wired| wired.modality(model)).ok_or(why)?;
            Preparation::open(model.folder(), Some(modality))
        });
        let asked = Asked {
            modality: preparation.as_ref().ok().map(Preparation::modality),
            classes,
            labels,
            columns: self.columns.clone(),
            strict: self.strict,
        };
        match (Examples::open(self.data, &asked), preparation) {
            (Ok(examples), preparation) if examples.are_ready() => Ok((preparation.ok(), examples)),
            (Ok(examples), preparation) => Ok((Some(preparation?), examples)),
            // Where the folder says nothing of its inputs, that is the reason.
            (Err(Error::Inputs { .. }), Err(why)) => Err(why),
            (Err(error), _) => Err(error),
        }
    }

    /// What earlier runs have left of these examples, if embeddings are kept.
    fn kept(
        &self,
        examples: &Examples,
        encoder: &Encoder<'_>,
        width: usize,
        made: &str,
    ) -> Result<Option<Kept>, Error> {
        let Some((folder, wanted)) = self.keep.zip(examples.digests()) else { return Ok(None) };
        Ok(encoder.digest()?.map(|network| {
            let version = env!("CARGO_PKG_VERSION");
            let all = format!("embeddings 1 of declass {version}\n{network}\n{width}\n{made}\n");
            Kept::open(folder, Sha256Digest::of(all.as_bytes()), width, wanted)
        }))
    }

    fn encode(&self, embedding: &Embedding<'_>, mut kept: Option<Kept>) -> Result<Encoded, Error> {
        let list = embedding.examples.list();
        // Where nothing has a label the original's answers take their place; where something has, the rest says
        // nothing.
        let are_labelled = list.iter().any(|example| example.label.is_some());
        let used = (0..list.len()).filter(|place| list[*place].label.is_some() || !are_labelled);
        let used: Vec<usize> = used.collect();
        let (mut rows, unusable, known) = embedding.rows(&used, kept.as_mut())?;
        let mut labelled = Labelled {
            path: self.data.to_owned(),
            sha256: Sha256Digest::of(&[]),
            width: 0,
            embeddings: Vec::new(),
            labels: Vec::new(),
            truth: if are_labelled { Truth::Labels } else { Truth::Answers },
            names: Vec::new(),
        };
        for place in &used {
            if let Some(row) = rows.remove(place) {
                labelled.embeddings.extend(row);
                labelled.labels.extend(list[*place].label);
                labelled.names.push(list[*place].id.clone());
            }
        }
        Ok(Encoded {
            labelled,
            assumed: Vec::new(),
            unusable,
            unknown: Vec::new(),
            unlabelled: (list.len() - used.len()) as u64,
            kept: kept.as_ref().map(|kept| (kept.folder().to_owned(), known)),
            ignored: kept.map(Kept::into_notes).unwrap_or_default(),
        })
    }
}
