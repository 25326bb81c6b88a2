//! A model's graph as a program: a file of arrays in, a file of arrays out.

use std::{
    collections::{BTreeMap, HashMap},
    io::Write as _,
    path::{Path, PathBuf},
};

use candle_core::{Device, Tensor};
use declass_formats::{Artifact, Dtype, TensorInfo};
use rayon::prelude::*;

use super::wired::{Wired, failed};
use crate::{
    arrays::{Array, Arrays, Container, Problem, read_file, write},
    cut::Cut,
    error::Error,
    head::{Hints, Link},
    net::{Flow, Source, ValueId},
    run::{Limits, Network, Run, Value},
    tail::Weights,
};

/// What a model is run on, and what is kept.
#[derive(Clone, Debug)]
pub struct Running {
    /// A safetensors file or an npz with an array for each input of the graph, by its name, all with as many
    /// entries along their first axis.
    pub inputs: PathBuf,
    /// The file to write, which must not exist; its ending says of which kind.
    pub out: PathBuf,
    /// The ONNX file that says how a model without a graph is computed; none for the one in the place where
    /// repositories have it.
    pub graph: Option<PathBuf>,
    /// The value that is kept; none for all outputs and, where a head is found, `logits` and `probabilities`.
    pub at: Option<String>,
}

/// What was run.
#[derive(Clone, Debug)]
pub struct HasRun {
    /// Entries along the first axis of the inputs.
    pub rows: usize,
    /// The arrays that were written.
    pub arrays: BTreeMap<String, TensorInfo>,
    /// Outputs that are not among them, since they hold texts.
    pub texts: Vec<String>,
    /// Why `logits` and `probabilities` are not among them, if they should be.
    pub without_logits: Option<String>,
}

/// The number of texts among the types of elements.
const TEXT: i32 = 8;

/// Bytes of all that is kept.
const MOST_KEPT: usize = 4 << 30;

impl Running {
    /// Runs the graph, one input at a time where it allows that, on as many threads as there are cores.
    ///
    /// # Errors
    /// [`Error::Run`] if the model is no graph, has an operator that is not run, or the inputs do not fit;
    /// [`Error::Io`] if the disk refuses.
    pub fn run(&self, model: &Artifact, hints: &Hints) -> Result<HasRun, Error> {
        let container = Container::of(&self.out).ok_or_else(|| Error::Run {
            reason: format!("`{}` ends in neither .npz nor .safetensors", self.out.display()),
            hint: None,
        })?;
        let wired = match (model.graph(), &self.graph) {
            (Some(_), None) => Wired::own(),
            _ => Wired::of(model, &Cut::locate(model, hints)?, self.graph.as_deref())?,
        };
        let source = wired.source(model)?;
        let flow = Flow::new(source.graph())?;
        let network = Network::of(source, &flow, Device::Cpu);
        let logits =
            if self.at.is_none() { Logits::of(model, &wired, &flow, hints) } else { Err(String::new()) };
        let wanted = self.wanted(&flow, logits.as_ref().ok())?;
        let ids: Vec<ValueId> = wanted.iter().map(|(_, id)| *id).collect();
        network.supported(&ids, &[]).map_err(|fault| failed(fault.to_string()))?;
        let bytes = read_file(&self.inputs).map_err(as_inputs)?;
        let inputs =
            Inputs::open(&bytes, source, &flow).map_err(|problem| as_inputs(problem.at(&self.inputs)))?;
        let batches = inputs.batches(&flow)?;
        let run = |given: HashMap<ValueId, Value>| {
            let run = Run { given: &given, wanted: &ids, learns: false, limits: Limits::default() };
            network.run(&run).map_err(|fault| failed(fault.to_string()))
        };
        let made = batches.into_par_iter().map(run).collect::<Result<Vec<_>, _>>()?;
        let (arrays, without_logits) = self.joined(&wanted, &made, inputs.rows, logits)?;
        let bytes = write(&arrays, container).map_err(|problem| problem.at(&self.out))?;
        save(&self.out, &bytes)?;
        let arrays = arrays.into_iter().map(|(name, array)| (name, array.info)).collect();
        let texts =
            flow.graph().outputs.iter().filter(|output| self.at.is_none() && output.elem_type == TEXT);
        let texts = texts.map(|output| output.name.clone()).collect();
        Ok(HasRun { rows: inputs.rows, arrays, texts, without_logits })
    }

    /// The values that are kept, by name, those that the head reads last.
    fn wanted(&self, flow: &Flow<'_>, logits: Option<&Logits>) -> Result<Vec<(String, ValueId)>, Error> {
        let id = |name: &str| flow.id(name).map(|id| (name.to_owned(), id));
        if let Some(name) = &self.at {
            let unknown = || Error::Run {
                reason: format!("the graph has no value `{}`", name.escape_debug()),
                hint: Some("an inspection of the model lists those that everything passes through".into()),
            };
            return Ok(vec![id(name).ok_or_else(unknown)?]);
        }
        let outputs = flow.graph().outputs.iter().filter(|output| output.elem_type != TEXT);
        let outputs = outputs.filter_map(|output| id(&output.name));
        let embeddings = logits.into_iter().flat_map(|logits| &logits.embeddings);
        Ok(outputs.chain(embeddings.map(|(id, _)| (String::new(), *id))).collect())
    }

    /// The values of all batches, one after the other.
    fn joined(
        &self,
        wanted: &[(String, ValueId)],
        made: &[Vec<Value>],
        rows: usize,
        logits: Result<Logits, String>,
    ) -> Result<(BTreeMap<String, Array<'static>>, Option<String>), Error> {
        let outputs = wanted.iter().take_while(|(name, _)| !name.is_empty()).count();
        let mut arrays = BTreeMap::new();
        let mut kept = 0_usize;
        for (at, (name, _)) in wanted[..outputs].iter().enumerate() {
            let parts: Vec<&Value> = made.iter().map(|values| &values[at]).collect();
            kept = parts.iter().fold(kept, |sum, part| sum.saturating_add(part.elements() * 8));
            if kept > MOST_KEPT {
                return Err(failed(format!("what comes of it has more than {} GiB", MOST_KEPT >> 30)));
            }
            arrays.insert(name.clone(), together(name, &parts)?);
        }
        let without = match logits {
            _ if self.at.is_some() => None,
            Err(reason) => Some(reason),
            Ok(logits) => logits.add(&mut arrays, made, outputs, rows).err(),
        };
        Ok((arrays, without))
    }
}

/// The inputs as they were brought.
struct Inputs<'a> {
    arrays: Vec<(ValueId, String, Array<'a>)>,
    rows: usize,
}

impl<'a> Inputs<'a> {
    fn open(bytes: &'a [u8], source: Source<'_>, flow: &Flow<'_>) -> Result<Self, Problem> {
        let mut file = Arrays::open(bytes)?;
        let present = file.names();
        let inputs = flow.graph().inputs.iter().map(|input| input.name.as_str());
        let needed: Vec<&str> = inputs.filter(|name| source.info(name).is_none()).collect();
        let listed = |names: &mut dyn Iterator<Item = &str>| {
            names.map(|name| format!("`{}`", name.escape_debug())).collect::<Vec<_>>().join(", ")
        };
        if let Some(missing) = needed.iter().find(|name| !present.iter().any(|it| it == *name)) {
            let reason = format!(
                "it has no array `{}`; the model's inputs are {}, the file has {}",
                missing.escape_debug(),
                listed(&mut needed.iter().copied()),
                listed(&mut present.iter().map(String::as_str).take(8))
            );
            return Err(Problem::new(reason, "name the arrays as the model names its inputs"));
        }
        let read = file.read(&needed)?;
        let rows = read.iter().filter_map(|array| array.info.shape.first().copied()).min().unwrap_or(1);
        if let Some((name, array)) =
            needed.iter().zip(&read).find(|(_, array)| array.info.shape.first().is_some_and(|it| *it != rows))
        {
            let reason = format!(
                "`{}` has {} entries along its first axis, another input has {rows}",
                name.escape_debug(),
                array.info.shape[0]
            );
            return Err(Problem::new(reason, "all inputs are about the same examples"));
        }
        if rows == 0 {
            return Err(Problem::new("there is nothing to run in it", None));
        }
        let arrays = needed.iter().zip(read);
        let arrays = arrays.filter_map(|(name, array)| Some((flow.id(name)?, (*name).to_owned(), array)));
        Ok(Self { arrays: arrays.collect(), rows })
    }

    /// The inputs in batches: of one, or of as many as the graph is made for.
    fn batches(&self, flow: &Flow<'_>) -> Result<Vec<HashMap<ValueId, Value>>, Error> {
        let stated = flow.graph().inputs.iter().filter_map(|input| input.shape.as_ref()?.first());
        let fixed = stated.filter_map(|dim| match dim {
            declass_formats::onnx::Dim::Fixed(extent) => usize::try_from(*extent).ok().filter(|it| *it > 0),
            declass_formats::onnx::Dim::Symbolic(_) => None,
        });
        let size = fixed.max().unwrap_or(1);
        if !self.rows.is_multiple_of(size) {
            return Err(failed(format!(
                "the graph takes {size} examples at a time, and there are {}",
                self.rows
            )));
        }
        let part = |(id, name, array): &(ValueId, String, Array<'_>), from: usize| {
            let (info, bytes) = if array.info.shape.is_empty() {
                (array.info.clone(), &array.bytes[..])
            } else {
                let row = array.bytes.len() / self.rows;
                let shape = [&[size], &array.info.shape[1..]].concat();
                (TensorInfo { dtype: array.info.dtype, shape }, &array.bytes[from * row..][..size * row])
            };
            let value = Value::of(&info, bytes, &Device::Cpu);
            value.map(|value| (*id, value)).map_err(|fault| failed(format!("input `{name}`: {fault}")))
        };
        let batch = |at: usize| self.arrays.iter().map(|array| part(array, at * size)).collect();
        (0..self.rows / size).map(batch).collect()
    }
}

/// The head, which makes logits of the embeddings.
struct Logits {
    embeddings: Vec<(ValueId, usize)>,
    head: Weights,
    link: Link,
}

impl Logits {
    fn of(model: &Artifact, wired: &Wired, flow: &Flow<'_>, hints: &Hints) -> Result<Self, String> {
        let told = |error: Error| error.to_string();
        let cut = Cut::locate(model, hints).map_err(told)?;
        let head = cut.head.load(model).map_err(told)?;
        let source = wired.source(model).map_err(told)?;
        Ok(Self {
            embeddings: wired.embeddings(source, flow, &cut).map_err(told)?,
            head: Weights::of(&head, &Device::Cpu).map_err(|error| error.to_string())?,
            link: cut.head.link,
        })
    }

    /// Adds `logits` and `probabilities` of each example, unless the graph has outputs of these names.
    fn add(
        &self,
        arrays: &mut BTreeMap<String, Array<'static>>,
        made: &[Vec<Value>],
        outputs: usize,
        rows: usize,
    ) -> Result<(), String> {
        let mut parts = Vec::new();
        for (at, (_, width)) in self.embeddings.iter().enumerate() {
            let mut values = Vec::new();
            for made in made {
                values.extend(made[outputs + at].numbers().map_err(|fault| fault.to_string())?);
            }
            if values.len() != rows * width {
                return Err("the head reads several embeddings of each example".into());
            }
            let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
            parts.push(
                Tensor::from_vec(values, (rows, *width), &Device::Cpu).map_err(|error| error.to_string())?,
            );
        }
        let computed = Tensor::cat(&parts, 1).and_then(|joint| self.head.logits(&joint)?.to_vec2::<f32>());
        let logits = computed.map_err(|error| error.to_string())?;
        let probabilities = logits.iter().map(|row| probabilities(row, self.link));
        let probabilities: Vec<f64> = probabilities.flatten().collect();
        let logits: Vec<f64> = logits.into_iter().flatten().map(f64::from).collect();
        let info = TensorInfo { dtype: Dtype::F32, shape: vec![rows, self.head.classes()] };
        for (name, numbers) in [("logits", logits), ("probabilities", probabilities)] {
            let bytes = info.dtype.encode(&numbers).unwrap_or_default().into();
            arrays.entry(name.to_owned()).or_insert_with(|| Array { info: info.clone(), bytes });
        }
        Ok(())
    }
}

/// Of independent classes, or of classes of which one is right.
fn probabilities(logits: &[f32], link: Link) -> Vec<f64> {
    let logits = logits.iter().map(|logit| f64::from(*logit));
    if matches!(link, Link::Sigmoid | Link::OneVsRest) {
        return logits.map(|logit| 1.0 / (1.0 + (-logit).exp())).collect();
    }
    let most = logits.clone().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = logits.map(|logit| (logit - most).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// The same value of all batches, along the first axis.
fn together(name: &str, parts: &[&Value]) -> Result<Array<'static>, Error> {
    let raw = parts.iter().map(|part| part.raw()).collect::<Result<Vec<_>, _>>();
    let raw = raw.map_err(|fault| failed(fault.to_string()))?;
    let [first, ..] = raw.as_slice() else { return Err(failed("there is nothing to run".into())) };
    let mut info = first.info.clone();
    if raw.len() > 1 {
        let same =
            raw.iter().all(|it| it.info.dtype == info.dtype && it.info.shape.get(1..) == info.shape.get(1..));
        let Some(rows) = info.shape.first_mut().filter(|_| same) else {
            let reason = format!("`{}` is not one entry for each example", name.escape_debug());
            return Err(Error::Run { reason, hint: Some("run one example at a time".into()) });
        };
        *rows = raw.iter().filter_map(|it| it.info.shape.first()).sum();
    }
    Ok(Array { info, bytes: raw.into_iter().flat_map(|it| it.bytes).collect::<Vec<u8>>().into() })
}

/// Writes a new file, whole or not at all.
fn save(out: &Path, bytes: &[u8]) -> Result<(), Error> {
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(parent).map_err(Error::io(parent))?;
    file.write_all(bytes).map_err(Error::io(out))?;
    file.persist_noclobber(out).map_err(|error| Error::io(out)(error.error))?;
    Ok(())
}

/// What is wrong with a file of arrays, said of inputs.
fn as_inputs(error: Error) -> Error {
    match error {
        Error::Embeddings { path, reason, hint } => {
            Error::Run { reason: format!("inputs `{}`: {reason}", path.display()), hint }
        }
        other => other,
    }
}
