"""The telephone and SMS, by Twilio's webhooks: https://www.twilio.com/docs/usage/webhooks

Each is checked for its signature, kept before it is answered, and may come twice, late or out of
order. Speech is not recognised here: no kept library brings a French model along, so a voicemail's
words come from Twilio's own transcription, and the recording is what counts.
"""
