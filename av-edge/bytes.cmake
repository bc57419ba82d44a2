# A file as an array in a header: cmake -DFROM= -DTO= -DNAME= -P bytes.cmake
file(READ ${FROM} hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
file(WRITE ${TO} "static const unsigned char ${NAME}[] = {\n${bytes}};\n")
