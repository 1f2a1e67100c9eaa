"""The far side of the network: real servers on loopback that speak the providers' protocols and fail as told."""

from tests.providers.mail import MailServer
from tests.providers.meta_and_twilio import MetaAndTwilio
from tests.providers.scripts import How

__all__ = ["How", "MailServer", "MetaAndTwilio"]
