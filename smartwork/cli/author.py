"""Who uses a command: the author of what it records."""

import os
import pwd

from smartwork.settings import CommandSettings


def author() -> str:
    """`cli` and the account of the operating system, or the name in `SMARTWORK_AUTHOR`. Raises SettingError."""
    return f"cli {CommandSettings.from_env(os.environ).author or _account()}"


def _account() -> str:
    """The account that runs the program: LOGNAME and USER are not asked, because anybody can set them."""
    user = os.getuid()
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:  # in a container, for example
        return f"uid {user}"
