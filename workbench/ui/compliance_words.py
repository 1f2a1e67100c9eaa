"""The words that the parts of Compliance share."""

from models import Channel
from workbench.rules.words import N_

CHANNELS = {
    Channel.CALL: N_("Call"),
    Channel.EMAIL: N_("E-mail"),
    Channel.SMS: N_("SMS"),
    Channel.WHATSAPP: N_("WhatsApp"),
    Channel.LETTER: N_("Letter"),
    Channel.VISIT: N_("Visit"),
}
