//! Operators behind another one, done with each stretch of its elements while that is at hand: the same bits as one
//! after the other, since each works element by element.

use candle_core::{CpuStorage, Device, Storage, Tensor};
use declass_formats::Dtype;

use super::{
    settings::Settings,
    stretch::{Link, Operand, SLOTS, What, slots, worked},
};
use crate::{
    net::ops::{Kernel, Map, Pairwise},
    run::{
        Fault, Value,
        call::{Call, Follower},
        host::{is_single, with},
        matrix::Finish,
    },
};

/// The shape of what a chain works on, and how many elements of it make a row.
#[derive(Clone, Copy)]
pub(super) struct Rows<'r> {
    pub(super) shape: &'r [usize],
    pub(super) columns: usize,
}

impl Rows<'_> {
    /// How a tensor is broadcast to it, if that is simple.
    pub(super) fn operand(&self, tensor: &Tensor) -> Result<Option<Operand<Tensor>>, Fault> {
        let (own, all) = (tensor.dims(), self.shape);
        if own.len() > all.len() || !is_single(tensor) {
            return Ok(None);
        }
        let tensor = tensor.contiguous()?;
        if tensor.elem_count() == 1 {
            return Ok(Some(Operand::Number(tensor.flatten_all()?.to_vec1::<f32>()?[0])));
        }
        let padded = [vec![1; all.len() - own.len()], own.to_vec()].concat();
        let is_wide = |extent: &usize| *extent != 1;
        let first = padded.iter().position(is_wide).unwrap_or(0);
        let end = padded.iter().rposition(is_wide).map_or(0, |last| last + 1);
        let behind: usize = all[end..].iter().product();
        if padded[first..end] != all[first..end] || tensor.elem_count() == 0 {
            return Ok(None);
        }
        if behind == 1 && tensor.elem_count() % self.columns.max(1) == 0 {
            return Ok(Some(Operand::Repeated(tensor)));
        }
        Ok((behind == self.columns).then_some(Operand::Rows(tensor)))
    }

    /// A link: an operator with what it has from outside of the chain, and which values of it its operands are.
    fn link(
        &self,
        kernel: Kernel,
        call: &Call<'_>,
        inside: &[Option<usize>],
    ) -> Result<Option<Link<Tensor>>, Fault> {
        let (what, count) = match kernel {
            Kernel::Map(Map::Complement) => return Ok(None),
            Kernel::Map(map) => {
                let map = if call.text("approximate") == "tanh" { map.by_tangent() } else { map };
                (What::Map(map, Settings::of(call, map)?), 1)
            }
            Kernel::Arithmetic(what) => (What::Pair(what), 2),
            _ => return Ok(None),
        };
        let mut operands = Vec::new();
        for (at, own) in inside.iter().take(count).enumerate() {
            let operand = match (own, call.get(at)) {
                (Some(own), _) => Some(Operand::Own(*own)),
                (None, Some(Value::Floats(floats))) if floats.dtype == Dtype::F32 => {
                    self.operand(&floats.tensor)?
                }
                _ => None,
            };
            let Some(operand) = operand else { return Ok(None) };
            operands.push(operand);
        }
        let reads = operands.iter().any(|operand| matches!(operand, Operand::Own(_)));
        Ok((reads && operands.len() == count).then_some(Link { what, operands }))
    }

    /// Adds those of the chain behind an operator to its own links, if they fit; whether they do.
    fn extend(&self, call: &Call<'_>, links: &mut Vec<Link<Tensor>>) -> Result<bool, Fault> {
        let (before, Some(chain)) = (links.len(), call.chain) else { return Ok(false) };
        for Follower { kernel, call, inside } in &chain.links {
            let inside: Vec<_> = inside.iter().map(|own| own.map(|own| own + before)).collect();
            let Some(link) = self.link(*kernel, call, &inside)? else { break };
            links.push(link);
        }
        if links.len() < before + chain.links.len() || slots(links).len() > SLOTS {
            links.truncate(before);
            return Ok(false);
        }
        chain.links.iter().try_for_each(|_| call.claim(self.shape).map(|_| ()))?;
        chain.done.set(true);
        Ok(true)
    }
}

/// Hands what is done with each stretch of a result to what makes it: a bias, and the chain behind it, if that fits.
///
/// # Errors
/// Where the bias does not fit, and what making it says.
pub(super) fn finished<R>(
    call: &Call<'_>,
    rows: Rows<'_>,
    bias: Option<&Tensor>,
    make: impl FnOnce(Finish<'_>) -> Result<R, Fault>,
) -> Result<R, Fault> {
    let mut links = Vec::new();
    if let Some(bias) = bias {
        let misfit = || Fault::Compute(format!("a bias of shape {:?} for {:?}", bias.dims(), rows.shape));
        let operand = rows.operand(bias)?.ok_or_else(misfit)?;
        links.push(Link { what: What::Pair(Pairwise::Sum), operands: vec![Operand::Own(0), operand] });
    }
    rows.extend(call, &mut links)?;
    let kept = slots(&links);
    held(&links, |links| make(&|row, column, line| worked(links, &kept, rows.columns, [row, column], line)))
}

/// An operator that works element by element, and those behind it, in one pass; nothing where they do not fit.
pub(super) fn pass(kernel: Kernel, call: &Call<'_>) -> Result<Option<Vec<Value>>, Fault> {
    // The first one of the largest.
    let largest = call
        .operands
        .iter()
        .enumerate()
        .rev()
        .max_by_key(|(_, operand)| operand.as_ref().map_or(0, Value::elements));
    let Some((base, Some(Value::Floats(floats)))) = largest else { return Ok(None) };
    if floats.dtype != Dtype::F32 || !is_single(&floats.tensor) {
        return Ok(None);
    }
    let inside: Vec<Option<usize>> = (0..call.operands.len()).map(|at| (at == base).then_some(0)).collect();
    let shape = floats.tensor.dims();
    for axis in 0..shape.len() {
        let rows = Rows { shape, columns: shape[axis..].iter().product::<usize>().max(1) };
        let Some(head) = rows.link(kernel, call, &inside)? else { continue };
        let mut links = vec![head];
        if !rows.extend(call, &mut links)? {
            continue;
        }
        call.claim(shape)?;
        let mut made = with(&floats.tensor.contiguous()?, |all| all[..floats.tensor.elem_count()].to_vec())?;
        let kept = slots(&links);
        held(&links, |links| {
            for (row, line) in made.chunks_exact_mut(rows.columns).enumerate() {
                worked(links, &kept, rows.columns, [row, 0], line);
            }
            Ok(())
        })?;
        return Ok(Some(vec![floats.like(Tensor::from_vec(made, shape, &Device::Cpu)?).into()]));
    }
    Ok(None)
}

/// The links with the elements of their operands.
fn held<R>(links: &[Link<Tensor>], of: impl FnOnce(&[Link<&[f32]>]) -> Result<R, Fault>) -> Result<R, Fault> {
    let tensors = links.iter().flat_map(|link| &link.operands).filter_map(|operand| match operand {
        Operand::Repeated(tensor) | Operand::Rows(tensor) => Some(tensor.storage_and_layout()),
        Operand::Own(_) | Operand::Number(_) => None,
    });
    let tensors: Vec<_> = tensors.collect();
    let mut elements = tensors.iter().map(|(storage, layout)| match &**storage {
        Storage::Cpu(CpuStorage::F32(values)) => {
            let first = layout.start_offset();
            values.get(first..first + layout.shape().elem_count())
        }
        _ => None,
    });
    let mut next = || {
        let wrong = || Fault::Compute("elements that are not in single precision on the host".into());
        elements.next().flatten().ok_or_else(wrong)
    };
    let mut found = Vec::new();
    for link in links {
        let operands = link.operands.iter().map(|operand| {
            Ok::<_, Fault>(match operand {
                Operand::Own(at) => Operand::Own(*at),
                Operand::Number(number) => Operand::Number(*number),
                Operand::Repeated(_) => Operand::Repeated(next()?),
                Operand::Rows(_) => Operand::Rows(next()?),
            })
        });
        found.push(Link { what: link.what, operands: operands.collect::<Result<_, _>>()? });
    }
    of(&found)
}
