"""A mail server for tests: takes mail as any other does, or misbehaves as it is told to.

    smtp_server.py FOLDER [--starttls | --tls] [--auth USER:PASSWORD]

Prints its port. What it accepts becomes FOLDER/mail-N.json; what it has read whole and then given no answer to becomes
FOLDER/lost-N.json. FOLDER/behaviour.json is a list of {"at": stage, "do": what, "times": n}: at a stage (connect, ehlo,
mail, rcpt, data, body, after) it answers a code ("451"), drops the connection ("drop"), keeps silent ("hang") or takes
its time ("slow").
"""

import argparse
import asyncio
import email
import email.policy
import json
import pathlib
import ssl
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

FOLDER = pathlib.Path()
# It warns of its own next version.
warnings.simplefilter("ignore", DeprecationWarning)


class Behaviour:
    """What is to go wrong, read again whenever the test has written it anew."""

    def __init__(self):
        self.read_at = None
        self.rules = []

    def at(self, stage):
        path = FOLDER / "behaviour.json"
        if path.exists() and path.stat().st_mtime_ns != self.read_at:
            self.read_at = path.stat().st_mtime_ns
            self.rules = json.loads(path.read_text())
        for rule in self.rules:
            if rule["at"] == stage and rule.get("times", 1) > 0:
                rule["times"] = rule.get("times", 1) - 1
                return rule["do"]
        return None


BEHAVIOUR = Behaviour()


def store(kind, envelope):
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    number = len(list(FOLDER.glob("*-*.json")))
    bodies = {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}
    draft = FOLDER / "draft"
    draft.write_text(
        json.dumps(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "headers": [[name, str(value)] for name, value in message.items()],
                "text": bodies.get("text/plain"),
                "html": bodies.get("text/html"),
                "raw": envelope.content.decode("utf-8", "replace"),
            }
        )
    )
    draft.rename(FOLDER / f"{kind}-{number}.json")


class Server(SMTP):
    """Stops at each stage to look what is to go wrong there."""

    async def misbehaves(self, stage):
        """True where the stage has been dealt with."""
        what = BEHAVIOUR.at(stage)
        if what == "slow":
            await asyncio.sleep(0.05)
            return False
        if what is None:
            return False
        if what == "drop":
            self.transport.abort()
        elif what == "hang":
            await asyncio.sleep(3600)
        else:
            await self.push(f"{what} as the test wishes")
        return True

    async def _handle_client(self):
        if await self.misbehaves("connect"):
            self.transport.close()
            return
        await super()._handle_client()

    async def smtp_EHLO(self, hostname):
        if not await self.misbehaves("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_MAIL(self, arg):
        if not await self.misbehaves("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg):
        if not await self.misbehaves("rcpt"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg):
        if not await self.misbehaves("data"):
            await super().smtp_DATA(arg)

    async def push(self, status):
        await super().push(status)
        if str(status).startswith("250 Taken") and BEHAVIOUR.at("after") == "drop":
            self.transport.abort()


class Handler:
    async def handle_DATA(self, server: Server, session: Session, envelope: Envelope):
        what = BEHAVIOUR.at("body")
        if what == "slow":
            await asyncio.sleep(0.05)
            what = None
        if what in ("drop", "hang"):
            store("lost", envelope)
            if what == "hang":
                await asyncio.sleep(3600)
            server.transport.abort()
            return "421 gone"
        if what is not None:
            return f"{what} as the test wishes"
        store("mail", envelope)
        return "250 Taken"


def certificate():
    import trustme

    authority = trustme.CA()
    authority.cert_pem.write_to_path(FOLDER / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return context


async def main():
    global FOLDER
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--starttls", action="store_true")
    arguments.add_argument("--tls", action="store_true")
    arguments.add_argument("--auth")
    given = arguments.parse_args()
    FOLDER = given.folder
    options = {"enable_SMTPUTF8": True}
    context = certificate() if given.starttls or given.tls else None
    if given.starttls:
        options |= {"tls_context": context, "require_starttls": True}
    if given.auth:
        name, password = given.auth.encode().split(b":")

        def authenticate(server, session, envelope, mechanism, data):
            return AuthResult(success=(data.login, data.password) == (name, password), handled=False)

        options |= {"auth_required": True, "authenticator": authenticate, "auth_require_tls": given.starttls}
    server = await asyncio.get_running_loop().create_server(
        lambda: Server(Handler(), **options), "127.0.0.1", 0, ssl=context if given.tls else None
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    # Ends with the test that started it.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
