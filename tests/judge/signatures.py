"""Signatures as other tools see them: model_signing, securesystemslib, cryptography.

    signatures.py folder FOLDER PUBLIC      {"accepted": ..., "said": ...}   model_signing on model.sig
    signatures.py claim BUNDLE PUBLIC       {"accepted": ..., "type": ...}   securesystemslib on an envelope
    signatures.py envelope FILE PUBLIC      {"accepted": ..., "type": ...}   the same on an envelope in a file of its own
    signatures.py key PRIVATE PASSPHRASE    {"public": PEM}                  cryptography on an encrypted key
    signatures.py sign FOLDER KEYS CURVE    {"public": path}                 makes a key, model_signing signs with it
"""

import json
import subprocess
import sys
from pathlib import Path

import speak
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey


def model_signing(*arguments):
    command = [str(Path(sys.executable).parent / "model_signing"), *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.returncode, (run.stdout + run.stderr)[-500:]


def folder(model, public):
    code, said = model_signing("verify", "key", model, "--signature", f"{model}/model.sig", "--public_key", public)
    return {"accepted": code == 0, "said": said}


def claim(bundle, public):
    return enveloped(json.loads(Path(bundle).read_text())["dsseEnvelope"], public)


def envelope(path, public):
    (line,) = Path(path).read_text().splitlines()
    return enveloped(json.loads(line), public)


def enveloped(envelope, public):
    (signature,) = envelope["signatures"]
    key = serialization.load_pem_public_key(Path(public).read_bytes())
    # It looks for keys by their names only; the next line takes the name out of the dictionary.
    key = SSlibKey.from_crypto(key, keyid=signature["keyid"])
    read = Envelope.from_dict(envelope)
    try:
        read.verify([key], 1)
    except VerificationError as error:
        return {"accepted": False, "said": str(error)}
    statement = json.loads(read.payload)
    return {"accepted": True, "type": statement["predicateType"]}


def key(private, passphrase):
    opened = serialization.load_pem_private_key(Path(private).read_bytes(), passphrase.encode())
    return {"public": pem(opened.public_key())}


def sign(model, keys, curve):
    made = ec.generate_private_key({"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}[curve])
    private, public = Path(keys, "key.pem"), Path(keys, "key.pub.pem")
    plain = serialization.NoEncryption()
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    private.write_bytes(made.private_bytes(*form))
    public.write_text(pem(made.public_key()))
    code, said = model_signing("sign", "key", model, "--signature", f"{model}/model.sig", "--private_key", str(private))
    if code != 0:
        raise RuntimeError(said)
    return {"public": str(public)}


def pem(public):
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return public.public_bytes(*form).decode()


def judge(arguments):
    commands = {"folder": folder, "claim": claim, "envelope": envelope, "key": key, "sign": sign}
    return commands[arguments[0]](*arguments[1:])


if __name__ == "__main__":
    speak.run(judge, sys.argv[1:])
