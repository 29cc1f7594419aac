"""Citizens' accounts on the portal: coming in under ``/account``, what is theirs under ``/me``."""
